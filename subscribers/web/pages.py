"""What every page for readers has in common: its token, its words, its headers."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from mailer.errors import InvalidToken
from subscribers.consent import Evidence
from subscribers.models import Subscriber
from subscribers.tokens import LinkClaims, Purpose, read
from subscribers.web.words import Words, find_words

Page = Callable[[HttpRequest, LinkClaims], HttpResponse]


def open_by_token(purpose: Purpose, page: Page) -> Callable[[HttpRequest, str], HttpResponse]:
    """Open a page for whoever holds a token for it; anybody else learns nothing.

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
            return show_invalid(request)
        return page(request, claims)

    return view


def show_page(
    request: HttpRequest, name: str, person: Subscriber | None, *, status: int = 200, **context: Any
) -> HttpResponse:
    """Return a page in the reader's language, that no search engine and no next site hears of."""
    context |= {"words": choose_words(request, person), "person": person}
    response = render(request, f"public/{name}.html", context, status=status)
    response["X-Robots-Tag"] = "noindex"
    # The address is the key to the page: it is told to nobody.
    response["Referrer-Policy"] = "no-referrer"
    return response


def show_invalid(request: HttpRequest) -> HttpResponse:
    """Return the page for a link that opens nothing, the same whatever is wrong with it."""
    return show_page(request, "invalid", None, status=404)


def choose_words(request: HttpRequest, person: Subscriber | None) -> Words:
    """Return the words in the reader's language, or else in one that their browser asks for."""
    return find_words(person.language if person else "", request.LANGUAGE_CODE)


def make_evidence(request: HttpRequest, method: str, person: Subscriber | None) -> Evidence:
    """Return how the reader said it: the way, from which address, under which wording."""
    return Evidence(
        method=method,
        ip_address=_read_ip_address(request),
        form_version=choose_words(request, person).version,
    )


def _read_ip_address(request: HttpRequest) -> str | None:
    """Return the peer's address without its zone, or None behind a socket that has none."""
    try:
        return str(ipaddress.ip_address(request.META.get("REMOTE_ADDR", "").partition("%")[0]))
    except ValueError:
        return None
