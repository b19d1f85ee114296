"""Lists, who is put on them and who is taken off, told by a program."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.db import transaction
from django.http import HttpRequest, JsonResponse
from django.utils import timezone

from mailer.errors import InvalidAddress, SilentAddress, SuppressedAddress
from mailer.models import ApiToken, AuditEntry, Scope
from mailer.results.counting import STATES
from mailer.results.people import name_lists
from mailer.web.api.entry import Refusal, api_page, read_body, refuse_unknown
from mailer.web.desk.figures import look_up
from subscribers import consent
from subscribers.adding import add_person
from subscribers.addresses import LONGEST_ADDRESS, normalise
from subscribers.consent import Evidence
from subscribers.importing.rows import LANGUAGE_TAG
from subscribers.importing.terms import LONGEST_BASIS
from subscribers.models import List, Subscription, SubscriptionState

LONGEST_NAME = 200
LONGEST_LANGUAGE = 35
HALF_PAIR = re.compile(r"[\ud800-\udfff]")  # JSON can write them, a database takes none


class PersonForm(forms.Form):
    """Who is to be put on a list, and why they may be written to."""

    email = forms.CharField(max_length=LONGEST_ADDRESS)
    basis = forms.CharField(max_length=LONGEST_BASIS)
    name = forms.CharField(max_length=LONGEST_NAME, required=False)
    language = forms.RegexField(
        rf"\A(?:{LANGUAGE_TAG.pattern})\Z",
        max_length=LONGEST_LANGUAGE,
        required=False,
        error_messages={"invalid": "Write a language tag, such as fr or pt-BR."},
    )


class LeavingForm(forms.Form):
    """Who is to be taken off a list."""

    email = forms.CharField(max_length=LONGEST_ADDRESS)


@api_page(Scope.READ, "GET")
def list_lists(_request: HttpRequest, token: ApiToken) -> JsonResponse:
    """Give the publication's lists, each with how many were in which state at ``counted_at``."""
    lists = list(token.publication.lists.order_by("slug"))
    counted = look_up(STATES, name_lists(lists))
    return JsonResponse(
        {
            "lists": [
                {"slug": each.slug, "name": each.name, "public": each.public}
                | {
                    state.value: counted.value[str(each.pk)].get(state.value, 0)
                    for state in SubscriptionState
                }
                for each in lists
            ],
            "counted_at": counted.at or timezone.now(),
        }
    )


@api_page(Scope.PEOPLE, "POST")
def add_to_list(request: HttpRequest, token: ApiToken, group: str) -> JsonResponse:
    """Put somebody on a list: 201 if that changed anything, 200 if they were on it.

    A list of double opt-in sends a letter, once; until it is answered they are ``unconfirmed``.
    Who has left comes back on their own word alone, and so does who never answered: 409.
    """
    target = _find_list(token, group)
    found = _read(PersonForm, request)
    _refuse_leaver(target, found["email"])
    now = timezone.now()
    try:
        with transaction.atomic():
            place = add_person(
                found["email"],
                target,
                evidence=Evidence(method=f"api:{token.pk}", basis=found["basis"]),
                now=now,
                again=False,
                **{name: found[name] for name in ("name", "language") if found[name]},
            )
            changed = place.changed_at == now
            if changed:
                _note(
                    token, "put on a list", place, {"list": target.slug, "ground": found["basis"]}
                )
    except SuppressedAddress as error:
        raise Refusal(409, str(error), "An admin sees why at the desk.", where="email") from error
    except SilentAddress as error:
        remedy = "They can join by the form, and be put on the list at the desk."
        raise Refusal(409, str(error), remedy, where="email") from error
    return _show(place, status=201 if changed else 200)


@api_page(Scope.PEOPLE, "POST")
def take_off_list(request: HttpRequest, token: ApiToken, group: str) -> JsonResponse:
    """Take somebody off a list; whether they were on it, the answer is the same state."""
    target = _find_list(token, group)
    found = _read(LeavingForm, request)
    place = _find_place(target, _clean(found["email"]))
    if place is None:
        raise Refusal(404, "Nobody with this address is on the list.", "Look at the address.")
    evidence = Evidence(method=f"api:{token.pk}", basis="by a program of the institution")
    with transaction.atomic():
        if consent.unsubscribe(
            subscriber_id=place.subscriber_id,
            list_id=target.pk,
            evidence=evidence,
            now=timezone.now(),
        ):
            _note(token, "took off a list", place, {"list": target.slug})
    place.refresh_from_db(fields=["state"])
    return _show(place, status=200)


def _read(form_class: type[forms.Form], request: HttpRequest) -> dict[str, Any]:
    """Return what a form makes of the body. Raises Refusal with the first field that is wrong."""
    body = read_body(request)
    unknown = sorted(set(body) - set(form_class.base_fields))
    if unknown:
        known = ", ".join(form_class.base_fields)
        raise Refusal(422, "There is no such field.", f"Fields are {known}.", where=unknown[0])
    wrong = next((name for name, value in body.items() if not isinstance(value, str)), None)
    if wrong is not None:
        raise Refusal(422, "The value is no text.", "Send it as a string.", where=wrong)
    broken = next((name for name, value in body.items() if HALF_PAIR.search(value)), None)
    if broken is not None:
        raise Refusal(422, "The text has half a character.", "Send whole ones.", where=broken)
    form = form_class(body)
    if not form.is_valid():
        name, errors = next(iter(form.errors.items()))
        raise Refusal(422, str(errors[0]), f"Mend {name} and send it again.", where=name)
    return form.cleaned_data


def _find_list(token: ApiToken, slug: str) -> List:
    group = token.publication.lists.filter(slug=slug).first()
    if group is None:
        raise refuse_unknown()
    return group


def _refuse_leaver(group: List, email: str) -> None:
    """Raise Refusal for who has left the list: a program that syncs would write to them daily."""
    place = _find_place(group, _clean(email))
    if place is not None and place.state == SubscriptionState.UNSUBSCRIBED:
        raise Refusal(
            409,
            "This person has left the list.",
            "They can join again by the list's own form.",
            where="email",
        )


def _find_place(group: List, address: str) -> Subscription | None:
    places = Subscription.objects.select_related("subscriber", "list")
    return places.filter(list=group, subscriber__email_normalised=address).first()


def _clean(email: str) -> str:
    try:
        return normalise(email)
    except InvalidAddress as error:
        raise Refusal(422, str(error), "Send an email address.", where="email") from error


def _note(token: ApiToken, act: str, place: Subscription, after: dict[str, str]) -> None:
    """Write the act down. The log outlives people, and names a reader by number alone."""
    AuditEntry.objects.create(
        publication=token.publication,
        user=None,
        actor=f"token {token.name}"[:254],
        act=act,
        subject=f"reader {place.subscriber_id}",
        after=after,
        at=timezone.now(),
    )


def _show(place: Subscription, *, status: int) -> JsonResponse:
    found = {"email": place.subscriber.email, "list": place.list.slug, "state": place.state}
    return JsonResponse(found, status=status)
