"""Leaving and choosing. GET changes nothing: scanners follow every link of every mail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from mailer.errors import InvalidToken
from mailer.results.record import record_unsubscribe
from subscribers import consent
from subscribers.consent import Evidence
from subscribers.models import List, Subscriber, Subscription, SubscriptionState
from subscribers.tokens import LinkClaims, Purpose, read
from subscribers.web.words import find_words

Page = Callable[[HttpRequest, LinkClaims], HttpResponse]


def _with_token(purpose: Purpose, page: Page) -> Callable[[HttpRequest, str], HttpResponse]:
    """Open the page for whoever holds a token for it; anybody else learns nothing.

    The token is the authority, so no cookie is asked for and none can be misused: a mail
    program's one-click POST brings none (RFC 8058 §3.2).
    """

    @csrf_exempt
    @never_cache
    @require_http_methods(["GET", "HEAD", "POST"])
    def view(request: HttpRequest, token: str) -> HttpResponse:
        try:
            claims = read(purpose, token)
        except InvalidToken:
            return _show(request, "invalid", None, status=404)
        return page(request, claims)

    return view


def _unsubscribe(request: HttpRequest, claims: LinkClaims) -> HttpResponse:
    """Take the reader off the list, by one click or by the page's button, or back on."""
    person = Subscriber.objects.filter(pk=claims.subscriber_id).first()
    group = List.objects.filter(pk=claims.list_id).first()
    if request.method != "POST":
        return _show(request, "unsubscribe", person, group=group)
    if "undo" in request.POST:
        _rejoin(request, claims)
        return _show(request, "rejoined", person, group=group)
    _leave(request, claims)
    return _show(request, "left", person, group=group)


def _preferences(request: HttpRequest, claims: LinkClaims) -> HttpResponse:
    """Show the reader's lists and details, and keep what they choose."""
    person = Subscriber.objects.filter(pk=claims.subscriber_id).first()
    if person is None:
        return _show(request, "invalid", None, status=404)
    if request.method == "POST":
        _keep_details(request, person)
        _keep_lists(request, person, claims)
    places = person.subscriptions.select_related("list").order_by("list__name")
    saved = request.method == "POST"
    return _show(request, "preferences", person, places=places, saved=saved)


unsubscribe = _with_token(Purpose.UNSUBSCRIBE, _unsubscribe)
preferences = _with_token(Purpose.PREFERENCES, _preferences)


def _leave(request: HttpRequest, claims: LinkClaims) -> None:
    one_click = request.POST.get("List-Unsubscribe") == "One-Click"
    evidence = _evidence(request, "one-click" if one_click else "unsubscribe page")
    now = timezone.now()
    left = consent.unsubscribe(
        subscriber_id=claims.subscriber_id, list_id=claims.list_id, evidence=evidence, now=now
    )
    if left and claims.reference:
        record_unsubscribe(claims.reference, now=now)


def _rejoin(request: HttpRequest, claims: LinkClaims) -> None:
    consent.resubscribe(
        subscriber_id=claims.subscriber_id,
        list_id=claims.list_id,
        evidence=_evidence(request, "undo"),
        now=timezone.now(),
    )


def _keep_details(request: HttpRequest, person: Subscriber) -> None:
    person.name = request.POST.get("name", "").replace("\0", "").strip()[:200]
    person.save(update_fields=["name"])


def _keep_lists(request: HttpRequest, person: Subscriber, claims: LinkClaims) -> None:
    """Leave the lists that were unticked and go back to those that were ticked."""
    wanted = set(request.POST.getlist("list"))
    evidence = _evidence(request, "preferences page")
    now = timezone.now()
    for place in Subscription.objects.filter(subscriber=person).select_related("list"):
        names: dict[str, Any] = {"subscriber_id": person.pk, "list_id": place.list_id}
        if place.list.slug not in wanted:
            left = consent.unsubscribe(**names, evidence=evidence, now=now)
            if left and place.list_id == claims.list_id:
                record_unsubscribe(claims.reference, now=now)
        elif place.state == SubscriptionState.UNSUBSCRIBED:
            consent.resubscribe(**names, evidence=evidence, now=now)


def _evidence(request: HttpRequest, method: str) -> Evidence:
    return Evidence(method=method, ip_address=request.META.get("REMOTE_ADDR") or None)


def _show(
    request: HttpRequest, page: str, person: Subscriber | None, status: int = 200, **context: Any
) -> HttpResponse:
    words = find_words(person.language if person else request.LANGUAGE_CODE)
    response = render(
        request,
        f"public/{page}.html",
        {"words": words, "person": person, **context},
        status=status,
    )
    response["X-Robots-Tag"] = "noindex"
    response["Referrer-Policy"] = "no-referrer"
    return response
