"""Coming to the API: whose token it is, what it may, how often, and errors as JSON.

No cookie counts here, so that no page of somebody else's can speak in a reader's name.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate

import redis
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from mailer.models.token import ApiToken, Scope
from mailer.results.counters import connect

log = logging.getLogger(__name__)

MOST_A_MINUTE = 600
MINUTE = 60
LARGEST_OCTETS = 64 * 1024
LONGEST_NUMBER = 19
BEARER = "bearer "

View = Callable[Concatenate[HttpRequest, ApiToken, ...], HttpResponse]


class Refusal(Exception):
    """Answer with an error: what is wrong, where, and how to mend it."""

    def __init__(self, status: int, what: str, remedy: str, *, where: str = "") -> None:
        super().__init__(what)
        self.status = status
        self.allow = ""
        self.body = {"error": {"what": what, "where": where, "remedy": remedy}}


def api_page(scope: Scope, method: str) -> Callable[[View], Callable[..., HttpResponse]]:
    """Make a view a page of the API, for tokens of this scope, by one method."""

    def decorate(view: View) -> Callable[..., HttpResponse]:
        @csrf_exempt
        @never_cache
        @wraps(view)
        def enter(request: HttpRequest, **place: Any) -> HttpResponse:
            try:
                token = _admit(request, scope, method)
                return view(request, token, **place)
            except Refusal as refusal:
                return _answer(refusal)

        return enter

    return decorate


def read_body(request: HttpRequest) -> dict[str, Any]:
    """Return the request's JSON object. Raises Refusal for anything else."""
    length = request.headers.get("Content-Length", "")
    if not length and "Transfer-Encoding" in request.headers:  # RFC 9110 §15.5.12
        raise Refusal(411, "The body has no length.", "Send Content-Length, and no chunks.")
    if length.isascii() and length.isdigit() and len(length) < LONGEST_NUMBER:
        too_large = int(length) > LARGEST_OCTETS
    else:
        too_large = bool(length)
    if too_large:
        raise Refusal(413, "The body is too large.", f"Send at most {LARGEST_OCTETS:,} octets.")
    try:
        found = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise Refusal(400, "The body is no JSON.", "Send a JSON object, as UTF-8.") from error
    if not isinstance(found, dict):
        raise Refusal(400, "The body is no JSON object.", 'Send one such as {"email": "…"}.')
    return found


def refuse_unknown() -> Refusal:
    """Return the answer about what is not there, or not this publication's."""
    return Refusal(404, "There is no such thing.", "See /api/v1/lists and /api/v1/mailings.")


@csrf_exempt
@never_cache
def answer_unknown(_request: HttpRequest, **_place: str) -> JsonResponse:
    """Tell a program that there is no such address, as JSON."""
    return _answer(refuse_unknown())


def _admit(request: HttpRequest, scope: Scope, method: str) -> ApiToken:
    given = request.headers.get("Authorization", "")
    secret = given[len(BEARER) :].strip() if given.lower().startswith(BEARER) else ""
    token = ApiToken.find(secret, now=timezone.now()) if secret else None
    if token is None:
        raise Refusal(
            401,
            "The token is missing, unknown or withdrawn.",
            "Send the header Authorization: Bearer TOKEN; an admin makes tokens under Settings.",
        )
    allowed = ("GET", "HEAD") if method == "GET" else (method,)
    if request.method not in allowed:
        refusal = Refusal(405, f"This address takes {method}.", f"Send it by {method}.")
        refusal.allow = ", ".join(allowed)
        raise refusal
    if scope == Scope.PEOPLE and token.scope != Scope.PEOPLE:
        raise Refusal(403, "The token may only read.", "Make one that may change who is on lists.")
    if _is_too_often(token):
        raise Refusal(429, f"More than {MOST_A_MINUTE} requests a minute.", "Wait a minute.")
    return token


def _is_too_often(token: ApiToken) -> bool:
    """Count the request in its minute, and tell whether there were too many."""
    key = f"masthead:api:{token.pk}:{int(timezone.now().timestamp()) // MINUTE}"
    try:
        with connect().pipeline(transaction=True) as pipe:
            pipe.incr(key)
            pipe.expire(key, 2 * MINUTE)
            count, _ = pipe.execute()
    except redis.RedisError:
        log.warning("Requests to the API are not counted: Redis can't be reached.")
        return False  # its bearer is known, and is let in
    return int(count) > MOST_A_MINUTE


def _answer(refusal: Refusal) -> JsonResponse:
    response = JsonResponse(refusal.body, status=refusal.status)
    if refusal.status == 401:  # RFC 9110 §15.5.2 wants the challenge
        response["WWW-Authenticate"] = 'Bearer realm="masthead"'
    if refusal.allow:  # RFC 9110 §15.5.6
        response["Allow"] = refusal.allow
    if refusal.status == 429:  # RFC 6585 §4
        response["Retry-After"] = str(MINUTE)
    return response
