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

from mailer.errors import InvalidAddress, InvalidImport
from mailer.web.desk.audit import record
from mailer.web.desk.entry import FORM, Desk, desk_page, show
from mailer.web.desk.people.reach import find_lists
from mailer.web.desk.permissions import Act
from subscribers import consent
from subscribers.addresses import normalise
from subscribers.consent import Evidence
from subscribers.erasure import find_erased
from subscribers.importing.terms import LONGEST_BASIS, check_basis
from subscribers.joining import owe, owe_welcome
from subscribers.models import List, NoticeKind, Subscription, SubscriptionState
from subscribers.suppression import find_held

UNCONFIRMED, CONFIRMED = SubscriptionState.UNCONFIRMED, SubscriptionState.CONFIRMED


class AddForm(forms.Form):
    """Who, onto which list, and why they may be written to."""

    email = forms.CharField(label=_("Address"), max_length=320)
    name = forms.CharField(label=_("Name"), max_length=200, required=False)
    language = forms.CharField(
        label=_("Language"), max_length=35, required=False, help_text=_("By its tag, such as fr.")
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
            address = normalise(given)
        except InvalidAddress as error:
            raise forms.ValidationError(str(error)) from error
        held = find_held(address, now=timezone.now())
        if any(scope is None for scope, _note in held):
            raise forms.ValidationError(
                _("This address is suppressed: look at why, and lift that first.")
            )
        return given

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
    now = timezone.now()
    details = {name: found[name] for name in ("name", "language") if found[name]}
    place = consent.subscribe(
        found["email"],
        found["list"],
        evidence=Evidence(method=f"desk:{desk.user.pk}", basis=found["basis"]),
        now=now,
        # Who asked to be forgotten comes back on their own word alone.
        must_confirm=bool(find_erased([normalise(found["email"])])),
        **details,
    )
    language = place.subscriber.language
    if place.state == UNCONFIRMED:
        owe(NoticeKind.CONFIRM, [place], language=language, now=now)
    elif place.changed_at == now:
        owe_welcome([place], language=language, now=now)
    return place


def _tell(place: Subscription) -> str:
    if place.state == CONFIRMED:
        return f"They are on {place.list}."
    return f"They get a letter now, and are on {place.list} when they have confirmed."
