"""One person put on a list by hand, with the ground on which they may be written to."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from mailer.errors import InvalidAddress, InvalidImport, SuppressedAddress
from mailer.web.desk.audit import record
from mailer.web.desk.entry import FORM, Desk, desk_page, show
from mailer.web.desk.people.reach import find_lists
from mailer.web.desk.permissions import Act
from subscribers.adding import add_person, check_address
from subscribers.consent import Evidence
from subscribers.importing.rows import LANGUAGE_TAG
from subscribers.importing.terms import LONGEST_BASIS, check_basis
from subscribers.models import List, Subscription, SubscriptionState


class AddForm(forms.Form):
    """Who, onto which list, and why they may be written to."""

    email = forms.CharField(label=_("Address"), max_length=320)
    name = forms.CharField(label=_("Name"), max_length=200, required=False)
    language = forms.RegexField(
        rf"\A(?:{LANGUAGE_TAG.pattern})\Z",
        label=_("Language"),
        max_length=35,
        strip=True,
        required=False,
        help_text=_("By its tag, such as fr or pt-BR."),
        error_messages={"invalid": _("Write a language tag, such as fr or pt-BR.")},
    )
    list = forms.ModelChoiceField(
        label=_("List"), queryset=List.objects.none(), to_field_name="slug"
    )
    basis = forms.CharField(
        label=_("Why they may be written to"),
        max_length=LONGEST_BASIS,
        help_text=_("Such as “asked at the counter on 3 March”. It is kept as evidence."),
    )

    def __init__(self, *args: Any, desk: Desk, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        lists: Any = self.fields["list"]
        lists.queryset = find_lists(desk)

    def clean_email(self) -> str:
        """Refuse what is no address, and who must not be written to."""
        given = str(self.cleaned_data["email"])
        try:
            check_address(given, now=timezone.now())
        except (InvalidAddress, SuppressedAddress) as error:
            raise forms.ValidationError(str(error)) from error
        return given

    def clean(self) -> dict[str, Any]:
        """Refuse who must not be written to by this list."""
        found: dict[str, Any] = super().clean() or {}
        if "email" in found and "list" in found:
            try:
                check_address(found["email"], now=timezone.now(), group=found["list"])
            except SuppressedAddress as error:
                self.add_error("email", str(error))
        return found

    def clean_basis(self) -> str:
        """Refuse an empty ground."""
        try:
            return check_basis(self.cleaned_data["basis"])
        except InvalidImport as error:
            raise forms.ValidationError(str(error)) from error


@desk_page(Act.PEOPLE, methods=FORM)
def add_reader(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Ask for somebody, and put them on a list; who must confirm is sent a letter."""
    asked = {"list": request.GET.get("list", "")}
    form = AddForm(request.POST if request.method == "POST" else None, desk=desk, initial=asked)
    if not form.is_valid():
        status = 422 if form.is_bound else 200
        return show(request, desk, "people/add", form=form, status=status)
    with transaction.atomic():
        place = _place(desk, form.cleaned_data)
        after = {"list": place.list.slug, "ground": form.cleaned_data["basis"]}
        # The log is never changed, and must not keep the address of who is forgotten later.
        record(desk, "put on a list", f"reader {place.subscriber_id}", after=after)
    messages.success(request, _tell(place))
    return redirect("desk:reader", desk.publication.slug, place.subscriber_id)


def _place(desk: Desk, found: dict[str, Any]) -> Subscription:
    return add_person(
        found["email"],
        found["list"],
        evidence=Evidence(method=f"desk:{desk.user.pk}", basis=found["basis"]),
        now=timezone.now(),
        **{name: found[name] for name in ("name", "language") if found[name]},
    )


def _tell(place: Subscription) -> str:
    if place.state == SubscriptionState.CONFIRMED:
        return f"They are on {place.list}."
    return f"They get a letter now, and are on {place.list} when they have confirmed."
