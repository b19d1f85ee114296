"""Leaving and choosing. GET changes nothing: scanners follow every link of every mail."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from mailer.results.record import record_unsubscribe
from subscribers import consent
from subscribers.models import LeavingReason, Subscriber, Subscription, SubscriptionState
from subscribers.tokens import LinkClaims, Purpose
from subscribers.web.forms import PreferencesForm
from subscribers.web.pages import (
    make_evidence,
    open_by_token,
    own_path,
    show_invalid,
    show_page,
)
from subscribers.web.words import LEAVING_REASONS


def _unsubscribe(request: HttpRequest, claims: LinkClaims) -> HttpResponse:
    """Take the reader off the list, by one click or by the page's buttons, or back on.

    Any POST but the undo and the reason leaves: it can mean nothing else, and leaving must
    never fail on the form of a request. It succeeds again and again (RFC 8058 §3.2). The page's
    buttons say in the address which of them it was, so that no body is ever read: neither a
    broken one nor a huge one keeps a reader on the list.
    """
    act = _find_act(request)
    if act is not None:
        act(request, claims)
    if act is _leave and "leave" not in request.GET:
        # A mail program reads nothing of the answer but its status.
        return HttpResponse("You are off the list.\n", content_type="text/plain; charset=utf-8")
    place = _find_place(claims)
    if place is None:
        return show_page(request, "left", None)
    if place.state == SubscriptionState.UNSUBSCRIBED:
        return _show_left(request, place)
    return show_page(
        request,
        "rejoined" if act is _rejoin else "unsubscribe",
        place.subscriber,
        group=place.list,
        others=consent.count_others(place),
    )


def _find_act(request: HttpRequest) -> Callable[[HttpRequest, LinkClaims], None] | None:
    if request.method != "POST":
        return None
    if "undo" in request.GET:
        return _rejoin
    return _give_reason if "reason" in request.GET else _leave


def _preferences(request: HttpRequest, claims: LinkClaims) -> HttpResponse:
    """Show the reader's lists and details, and keep what they choose."""
    person = Subscriber.objects.filter(pk=claims.subscriber_id).first()
    if person is None:
        return show_invalid(request)
    if request.method != "POST":
        return _show_preferences(request, PreferencesForm(person=person, today=_today()))
    if "leave_all" in request.POST:
        return _leave_all(request, person, claims)
    form = PreferencesForm(request.POST, person=person, today=_today())
    if not form.is_valid():
        return _show_preferences(request, form, status=400)
    evidence = make_evidence(request, "preferences page", person)
    if claims.list_id in form.keep(evidence=evidence, now=timezone.now()):
        _stamp(claims)
    # Asked anew: the language may be another one now, and the page speaks it at once.
    return _show_preferences(
        request, PreferencesForm(person=person, today=_today()), notice="saved"
    )


unsubscribe = open_by_token(Purpose.UNSUBSCRIBE, _unsubscribe)
preferences = open_by_token(Purpose.PREFERENCES, _preferences)


def _today() -> dt.date:
    return timezone.now().date()


def _find_place(claims: LinkClaims) -> Subscription | None:
    places = Subscription.objects.select_related("subscriber", "list")
    return places.filter(subscriber_id=claims.subscriber_id, list_id=claims.list_id).first()


def _leave(request: HttpRequest, claims: LinkClaims) -> None:
    person = Subscriber.objects.filter(pk=claims.subscriber_id).first()
    now = timezone.now()
    if request.GET.get("leave") == "all":
        evidence = make_evidence(request, "unsubscribe page, all lists", person)
        left = consent.unsubscribe_everywhere(
            subscriber_id=claims.subscriber_id, evidence=evidence, now=now
        )
    else:
        method = "unsubscribe page" if "leave" in request.GET else "one-click"
        evidence = make_evidence(request, method, person)
        left = consent.unsubscribe(
            subscriber_id=claims.subscriber_id, list_id=claims.list_id, evidence=evidence, now=now
        )
    if left:
        _stamp(claims)


def _rejoin(request: HttpRequest, claims: LinkClaims) -> None:
    """Undo what was done last: all lists that were left in one moment come back together."""
    person = Subscriber.objects.filter(pk=claims.subscriber_id).first()
    evidence = make_evidence(request, "undo", person)
    together = consent.find_left_together(
        subscriber_id=claims.subscriber_id, list_id=claims.list_id
    )
    for list_id in together:
        consent.resubscribe(
            subscriber_id=claims.subscriber_id,
            list_id=list_id,
            evidence=evidence,
            now=timezone.now(),
        )


def _give_reason(request: HttpRequest, claims: LinkClaims) -> None:
    """Keep why the reader left, if it is one of the page's answers."""
    reason = request.GET["reason"]
    if reason in LeavingReason:
        consent.give_reason(
            LeavingReason(reason), subscriber_id=claims.subscriber_id, list_id=claims.list_id
        )


def _leave_all(request: HttpRequest, person: Subscriber, claims: LinkClaims) -> HttpResponse:
    evidence = make_evidence(request, "preferences page, all lists", person)
    left = consent.unsubscribe_everywhere(
        subscriber_id=person.pk, evidence=evidence, now=timezone.now()
    )
    if left:
        _stamp(claims)
    return _show_preferences(
        request, PreferencesForm(person=person, today=_today()), notice="left_all"
    )


def _stamp(claims: LinkClaims) -> None:
    """Tell the ledger through which of its deliveries the reader left."""
    if claims.reference:
        record_unsubscribe(claims.reference, now=timezone.now())


def _show_left(request: HttpRequest, place: Subscription) -> HttpResponse:
    return show_page(
        request,
        "left",
        place.subscriber,
        group=place.list,
        together=len(
            consent.find_left_together(subscriber_id=place.subscriber_id, list_id=place.list_id)
        ),
        can_undo=place.changed_at >= timezone.now() - consent.UNDO_WINDOW,
        reasons=LEAVING_REASONS.items(),
        reason=place.left_because,
    )


def _show_preferences(
    request: HttpRequest, form: PreferencesForm, *, notice: str = "", status: int = 200
) -> HttpResponse:
    return show_page(
        request,
        "preferences",
        form.person,
        form=form,
        notice=notice,
        preferences=own_path(request),
        status=status,
    )
