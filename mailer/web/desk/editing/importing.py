"""Taking a Word file into a draft that is being written, or beginning an issue with one."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from mailer.web.desk.audit import record
from mailer.web.desk.editing.changing import ChangeRefusedError, insert_parts
from mailer.web.desk.editing.drafts import Change, change, find_draft
from mailer.web.desk.editing.parts import HEAD, make_part
from mailer.web.desk.editing.showing import go_on
from mailer.web.desk.editing.word import (
    LARGEST_OCTETS,
    UnreadableWordError,
    WordFile,
    read_word,
)
from mailer.web.desk.entry import PRESS, Desk, desk_page
from mailer.web.desk.permissions import Act

WORD_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


class WordField(forms.FileField):
    """The file of a word processor, read; its value is what it says."""

    widget = forms.FileInput(attrs={"accept": f".docx,{WORD_TYPE}"})

    def clean(self, data: Any, initial: Any = None) -> WordFile | None:
        """Return what the file says, or refuse it with a sentence."""
        file = super().clean(data, initial)
        if not file:
            return None
        try:
            return read_word(file.read(LARGEST_OCTETS + 1))
        except UnreadableWordError as error:
            raise ValidationError(str(error)) from error


class WordForm(forms.Form):
    """A Word file to be taken in."""

    file = WordField(label=_("Word file"))


@desk_page(Act.WRITE, methods=PRESS)
def take_word(request: HttpRequest, desk: Desk, number: int, language: str) -> HttpResponse:
    """Add what a Word file says at the end of a draft."""
    now = timezone.now()
    draft = find_draft(desk, number, language, now=now)
    form = WordForm(request.POST, request.FILES)
    if not form.is_valid():
        messages.error(request, " ".join(str(each) for each in form.errors["file"]))
        return go_on(draft, HEAD)
    found: WordFile = form.cleaned_data["file"]

    def alter(under_way: Change) -> bool:
        parts = [make_part(kind, values, rev=under_way.rev) for kind, values in found.parts]
        insert_parts(under_way.content, parts)
        under_way.pictures |= found.pictures
        return True

    act = "took a Word file in"
    try:
        change(draft, desk, act, alter, now=now)
    except ChangeRefusedError as error:
        messages.error(request, str(error))
        return go_on(draft, HEAD)
    record(desk, act, draft, after={"revision": draft.revision, "parts": len(found.parts)})
    messages.success(request, tell_taken(found))
    first = draft.content["parts"][-len(found.parts)]["id"]
    return go_on(draft, first)


def tell_taken(found: WordFile) -> str:
    """Return what a Word file gave, and what it held that mail can not show."""
    kinds = [kind for kind, _ in found.parts]
    counts = (("article", kinds.count("article")), ("photo", kinds.count("photo")))
    words = " and ".join(f"{count} {name}{'' if count == 1 else 's'}" for name, count in counts)
    told = f"Taken from the Word file: {words}. Look through them: it is not finished yet."
    if found.left_out:
        told += f" {found.left_out} of its pictures can not be shown in mail."
    return told
