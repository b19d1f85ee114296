"""Where somebody is logged in and when they were last seen there: written once in a while."""

from __future__ import annotations

from collections.abc import Callable

from allauth.usersessions.models import UserSession
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse

# The list of sessions tells minutes. A write at each page would make every page wait for the disk.
SEEN_SECONDS = 60


def follow_sessions(get_response: Callable[[HttpRequest], HttpResponse]) -> object:
    """Return the middleware that writes down from where a session is used."""

    def answer(request: HttpRequest) -> HttpResponse:
        if request.session.session_key and request.user.is_authenticated and _is_news(request):
            UserSession.objects.create_from_request(request)
        return get_response(request)

    return answer


def _is_news(request: HttpRequest) -> bool:
    """Tell whether a session was not seen lately from this address with this browser."""
    browser = request.META.get("HTTP_USER_AGENT", "")
    seen = (request.session.session_key, request.META.get("REMOTE_ADDR", ""), browser)
    return bool(cache.add(f"seen:{hash(seen)}", True, SEEN_SECONDS))
