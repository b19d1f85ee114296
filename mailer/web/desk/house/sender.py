"""Who sends a publication, and to which lists it goes."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from mailer.errors import RenderingError
from mailer.models import Publication
from mailer.rendering.theme import list_themes, load_theme
from mailer.web.desk.audit import record
from mailer.web.desk.entry import FORM, Desk, desk_page, show
from mailer.web.desk.people.reach import find_offered
from mailer.web.desk.permissions import Act
from subscribers.names import clean_name


class SenderForm(forms.ModelForm[Publication]):
    """What readers see of the sender, and the lists."""

    class Meta:
        model = Publication
        fields = ("name", "sender_name", "sender_address", "reply_to", "lists", "theme")
        labels = {
            "name": _("What the publication is called"),
            "sender_name": _("Who sends it"),
            "sender_address": _("The sender's address"),
            "reply_to": _("Replies go to"),
            "lists": _("It may be sent to"),
            "theme": _("How it looks"),
        }
        help_texts = {
            "name": _("Issue files name it too. Its addresses stay as they are."),
            "sender_name": _("What readers see as the sender."),
            "sender_address": _("Its domain is what readers' servers judge the mail by."),
            "reply_to": _("Empty: to the sender's address."),
            "lists": "",
            "theme": _("A theme is a folder of templates. Another one voids all signatures."),
        }
        widgets = {"lists": forms.CheckboxSelectMultiple, "theme": forms.Select}

    def __init__(self, *args: Any, desk: Desk, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        lists: Any = self.fields["lists"]
        lists.queryset = find_offered(desk)
        look: Any = self.fields["theme"]
        look.widget.choices = [(name, name) for name in list_themes()]

    def clean_name(self) -> str:
        """Refuse a name of several lines."""
        return _check_line(self.cleaned_data["name"])

    def clean_theme(self) -> str:
        """Refuse a theme that is not there, or can't be loaded."""
        name = str(self.cleaned_data["theme"])
        try:
            load_theme(name)
        except RenderingError as error:
            raise forms.ValidationError(str(error)) from error
        return name

    def clean_sender_name(self) -> str:
        """Refuse what could not stand in a message's header (RFC 5322 §2.2)."""
        return _check_line(self.cleaned_data["sender_name"])


def _check_line(text: str) -> str:
    if clean_name(text) != text:
        raise forms.ValidationError(_("Write it on one line, without control characters."))
    return text


@desk_page(Act.SETTINGS, methods=FORM)
def change_sender(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Ask who sends, and keep the answer; mailings that are frozen already stay as they are."""
    publication = desk.publication
    form = SenderForm(
        request.POST if request.method == "POST" else None,
        # The page's frame shows the publication as it is, not as it is being typed.
        instance=Publication.objects.get(pk=publication.pk),
        desk=desk,
    )
    if not form.is_valid():
        status = 422 if form.is_bound else 200
        return show(request, desk, "house/sender", form=form, status=status)
    before = _describe(publication)
    with transaction.atomic():
        after = _describe(form.save())
        if before != after:
            record(desk, "changed the sender", publication, **_differing(before, after))
    messages.success(request, "Kept. It holds for what is scheduled from now on.")
    return redirect("desk:settings", publication.slug)


def _describe(publication: Publication) -> dict[str, str]:
    names = publication.lists.order_by("name").values_list("name", flat=True)
    return {
        "name": publication.name,
        "sender": publication.sender_name,
        "address": publication.sender_address,
        "replies": publication.reply_to,
        "lists": ", ".join(names),
        "theme": publication.theme,
    }


def _differing(before: dict[str, str], after: dict[str, str]) -> dict[str, Any]:
    names = [name for name in before if before[name] != after[name]]
    return {
        "before": {name: before[name] for name in names},
        "after": {name: after[name] for name in names},
    }
