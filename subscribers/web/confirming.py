"""Following the link of a letter. GET shows a button, POST does it: scanners follow every link."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from mailer.dispatch.tasks import wake_answerer
from subscribers.joining import confirm_notice, find_places, is_expired
from subscribers.links import preferences_path
from subscribers.models import AddressChange, Notice, NoticeKind, SubscriptionState
from subscribers.moving import complete_change, is_stale, refuse_change
from subscribers.tokens import LinkClaims, Purpose, sign
from subscribers.web.pages import make_evidence, open_by_token, show_invalid, show_page


def _confirm(request: HttpRequest, claims: LinkClaims) -> HttpResponse:
    """Confirm the lists that a letter speaks of, and no other."""
    notice = _find_notice(claims)
    if notice is None:
        return show_invalid(request)
    person, now = notice.subscriber, timezone.now()
    places = list(find_places(notice))
    if request.method == "POST" and not is_expired(notice, now=now):
        evidence = make_evidence(request, "confirmation page", person)
        places = confirm_notice(notice, evidence=evidence, now=now)
        wake_answerer()
    elif any(place.state == SubscriptionState.UNCONFIRMED for place in places):
        name = "expired" if is_expired(notice, now=now) else "confirm"
        return show_page(request, name, person, places=places)
    confirmed = [place for place in places if place.state == SubscriptionState.CONFIRMED]
    if not confirmed:
        return show_page(request, "expired", person, places=places)
    token = sign(Purpose.PREFERENCES, subscriber_id=person.pk, list_id=confirmed[0].list_id)
    return show_page(
        request, "confirmed", person, places=confirmed, preferences=preferences_path(token)
    )


def _take_address(request: HttpRequest, claims: LinkClaims) -> HttpResponse:
    """Write to a new address from now on, on the word of whoever reads it."""
    change = _find_change(claims)
    if change is None:
        return show_invalid(request)
    person, now = change.subscriber, timezone.now()
    if request.method != "POST":
        name = "expired" if is_stale(change, now=now) else "new_address"
        return show_page(request, name, person, change=change)
    evidence = make_evidence(request, "new address page", person)
    done = complete_change(change, evidence=evidence, now=now)
    return show_page(request, "new_address_done" if done else "expired", person, change=change)


def _keep_address(request: HttpRequest, claims: LinkClaims) -> HttpResponse:
    """Keep the old address, on the word of whoever reads it."""
    change = _find_change(claims)
    if change is None:
        return show_invalid(request)
    person, now = change.subscriber, timezone.now()
    if request.method != "POST":
        return show_page(request, "old_address", person, change=change)
    evidence = make_evidence(request, "old address page", person)
    kept = refuse_change(change, evidence=evidence, now=now)
    return show_page(request, "old_address_done" if kept else "expired", person, change=change)


confirm = open_by_token(Purpose.CONFIRM, _confirm)
take_address = open_by_token(Purpose.NEW_ADDRESS, _take_address)
keep_address = open_by_token(Purpose.OLD_ADDRESS, _keep_address)


def _find_notice(claims: LinkClaims) -> Notice | None:
    """Return the letter of a link: the token names its reader too, and both must fit."""
    letters = Notice.objects.select_related("subscriber").filter(kind=NoticeKind.CONFIRM)
    return letters.filter(pk=claims.reference, subscriber_id=claims.subscriber_id).first()


def _find_change(claims: LinkClaims) -> AddressChange | None:
    changes = AddressChange.objects.select_related("subscriber")
    return changes.filter(pk=claims.reference, subscriber_id=claims.subscriber_id).first()
