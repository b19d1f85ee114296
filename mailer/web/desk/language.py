"""The language of the desk, whose words are English: no page is half in another one."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import translation

ENGLISH_PATHS = ("/desk/", "/accounts/")


def speak_english(get_response: Callable[[HttpRequest], HttpResponse]) -> object:
    """Return the middleware that answers the desk's pages in English, whatever was asked for."""

    def answer(request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(ENGLISH_PATHS):
            return get_response(request)
        with translation.override("en"):
            request.LANGUAGE_CODE = "en"  # as LocaleMiddleware does
            return get_response(request)

    return answer
