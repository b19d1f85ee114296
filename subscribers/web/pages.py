"""What every page for readers has in common: its token, its language, its headers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import override
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from mailer.errors import InvalidToken
from subscribers.catalogues import version_of
from subscribers.consent import Evidence
from subscribers.links import preferences_path
from subscribers.models import Subscriber
from subscribers.tokens import LinkClaims, Purpose, read
from subscribers.web.peers import find_peer
from subscribers.web.words import Language, find_language

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
    response = show_open_page(
        request, name, choose_language(request, person), status=status, person=person, **context
    )
    response["X-Robots-Tag"] = "noindex"
    return response


def show_open_page(
    request: HttpRequest, name: str, language: Language, *, status: int = 200, **context: Any
) -> HttpResponse:
    """Return a page in a language; what it was reached by is told to no other site."""
    with override(language.code):
        response = render(
            request, f"public/{name}.html", context | {"language": language}, status=status
        )
    # The address may be the key to the page: it is told to nobody.
    response["Referrer-Policy"] = "no-referrer"
    return response


def show_invalid(request: HttpRequest) -> HttpResponse:
    """Return the page for a link that opens nothing, the same whatever is wrong with it."""
    return show_page(request, "invalid", None, status=404)


def choose_language(request: HttpRequest, person: Subscriber | None) -> Language:
    """Return the reader's language, or else one that their browser asks for."""
    return find_language(person.language if person else "", request.LANGUAGE_CODE)


def make_evidence(request: HttpRequest, method: str, person: Subscriber | None) -> Evidence:
    """Return how the reader said it: the way, from which address, under which wording."""
    return Evidence(
        method=method,
        ip_address=find_peer(request),
        form_version=version_of(choose_language(request, person).code),
    )


def own_path(request: HttpRequest) -> str:
    """Return the path of the preferences page that a request's token opens."""
    assert request.resolver_match is not None
    return preferences_path(request.resolver_match.kwargs["token"])
