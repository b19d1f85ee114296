"""Taking an issue file in, or telling everything that is wrong with it, by line."""

from __future__ import annotations

from contextlib import suppress
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from mailer.content.parse import LARGEST_OCTETS, LoadPicture, parse_issue
from mailer.content.pictures import LARGEST_OCTETS as LARGEST_PICTURE
from mailer.dispatch.checking.visit import begin_round
from mailer.dispatch.editions.intake import bears_name, store_issue
from mailer.dispatch.editions.pictures import load_pictures
from mailer.dispatch.tasks import wake_visitor
from mailer.errors import InvalidIssue, RenderingError
from mailer.models import Edition, Mailing, MailingState
from mailer.types import Document, Problem
from mailer.web.desk.audit import record
from mailer.web.desk.entry import FORM, Desk, desk_page, show
from mailer.web.desk.permissions import Act

LONGEST_NAME = 120
if TYPE_CHECKING:
    Upload = UploadedFile[Any]


class ManyFiles(forms.ClearableFileInput):
    """A field that takes several files."""

    allow_multiple_selected = True

    def value_from_datadict(self, _data: object, files: object, name: str) -> list[Upload]:
        """Return every file that was chosen."""
        chosen: list[Upload] = files.getlist(name)  # type: ignore[attr-defined]
        return chosen


class PicturesField(forms.Field):
    """The files of pictures; what they are is found out when they are decoded."""

    widget = ManyFiles(attrs={"multiple": True, "accept": "image/jpeg,image/png,image/gif"})


class IssueFileForm(forms.Form):
    """An issue file and the pictures that it names."""

    file = forms.FileField(
        label=_("Issue file"),
        help_text=_("A text file that ends in .md."),
        widget=forms.FileInput(attrs={"accept": ".md,.markdown,.txt"}),
    )
    pictures = PicturesField(
        label=_("Its pictures"),
        required=False,
        help_text=_("All that the file names. Those of the edition before need not come again."),
    )
    translated = forms.BooleanField(
        label=_(
            "The file has the publication\N{RIGHT SINGLE QUOTATION MARK}s name in another language"
        ),
        required=False,
    )


@desk_page(Act.WRITE, methods=FORM)
def take_in(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Ask for an issue file, and keep what it says, if nothing is wrong with it."""
    form = IssueFileForm(request.POST or None, request.FILES or None)
    if request.method != "POST" or not form.is_valid():
        return show(request, desk, "take_in", form=form)
    file: Upload = form.cleaned_data["file"]
    name = str(file.name)[:LONGEST_NAME]
    try:
        document = _read(desk, file.read(LARGEST_OCTETS + 1), name, form.cleaned_data["pictures"])
        if not form.cleaned_data["translated"]:
            _check_name(document, desk, name)
    except InvalidIssue as error:
        problems = error.problems
        return show(request, desk, "take_in", status=422, form=form, problems=problems, name=name)
    edition = keep(desk, document)
    messages.success(request, tell_kept(edition))
    return redirect("desk:issue", desk.publication.slug, edition.issue.number)


def keep(desk: Desk, document: Document) -> Edition:
    """Keep a document as an edition, write down what it replaced, and have its links visited."""
    before = _find(desk, document)
    with transaction.atomic():
        now = timezone.now()
        edition = store_issue(document, publication=desk.publication, now=now)
        record(
            desk,
            "replaced an edition" if before else "added an edition",
            edition,
            before=_describe(before) if before else None,
            after=_describe(edition),
        )
        if begin_round(edition, now=now):
            transaction.on_commit(lambda: wake_visitor(edition.pk))
    return edition


def _read(desk: Desk, text: bytes, name: str, chosen: list[Upload]) -> Document:
    """Return what a file says, with its pictures. Raises InvalidIssue with every problem."""
    kept: Edition | None = None
    # The next reading tells what is wrong, together with what is wrong with the pictures.
    with suppress(InvalidIssue):
        kept = _find(desk, parse_issue(text, file=name, load_picture=None))
    return parse_issue(text, file=name, load_picture=_loader(chosen, kept))


def _loader(chosen: list[Upload], kept: Edition | None) -> LoadPicture:
    """Return what finds a picture by its name: among the chosen files, or those of before."""
    files = {PurePosixPath(str(file.name)).name: file for file in chosen}
    earlier = kept.pictures if kept else {}

    def load(source: str) -> bytes:
        file = files.get(PurePosixPath(source).name)
        if file is not None:
            file.seek(0)
            return bytes(file.read(LARGEST_PICTURE + 1))
        if source not in earlier:
            raise FileNotFoundError(0, "it was not chosen together with the file")
        try:
            return load_pictures({source: earlier[source]})[source].data
        except RenderingError as error:
            raise FileNotFoundError(0, "it is not kept any more: choose it again") from error

    return load


def _find(desk: Desk, document: Document) -> Edition | None:
    return (
        Edition.objects.filter(
            issue__publication=desk.publication,
            issue__number=document.number,
            language=document.language,
        )
        .select_related("issue__publication")
        .first()
    )


def _describe(edition: Edition) -> dict[str, str]:
    return {"subject": edition.subject, "content": edition.content_hash}


def _check_name(document: Document, desk: Desk, name: str) -> None:
    """Raise InvalidIssue for the file of another publication."""
    if bears_name(document, desk.publication):
        return
    what = f"the file is an issue of {document.publication!r}, not of {desk.publication.name!r}"
    remedy = "Choose a file of this publication, or say below that it is called so there."
    raise InvalidIssue([Problem(file=name, line=None, what=what, remedy=remedy)])


def tell_kept(edition: Edition) -> str:
    """Return what was kept, and what that means for a mailing that is waiting."""
    words = f"{edition} is kept: “{edition.subject}”."
    if Mailing.objects.filter(issue=edition.issue, state=MailingState.SCHEDULED).exists():
        words += " It is scheduled already: what you have just uploaded is what will be sent."
    return words
