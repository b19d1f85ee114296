"""The pages of joining: the form, also inside another site, and for programs.

None of them asks for a cookie: they do nothing that its sender could not do without one, so
there is nothing to forge a request for. All say the same whoever is known.
"""

from __future__ import annotations

import json
import logging
from typing import Any

import redis
from csp.decorators import csp_replace
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from subscribers.web.limits import HOUR, Admission
from subscribers.web.pages import show_open_page
from subscribers.web.proof import make_challenge
from subscribers.web.signing_up import Offer, SignUpForm, find_offer, take
from subscribers.web.words import LANGUAGES, find_language

logger = logging.getLogger(__name__)

RETRY_AFTER = {"Retry-After": str(int(HOUR.total_seconds()))}
# A form of text fields has a few hundred octets.
LONGEST_BODY = 20_000
ANYWHERE = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "Content-Type"}


def _subscribe(request: HttpRequest, slug: str, *, embedded: bool) -> HttpResponse:
    """Show the form; take what was sent in."""
    offer = _find_offer(request, slug)
    if request.method != "POST":
        return _show(request, SignUpForm(offer=offer), embedded=embedded)
    form = SignUpForm(request.POST, offer=offer)
    if not form.is_valid():
        return _show(request, form, embedded=embedded, status=400)
    admission = _take(request, form, method="embedded form" if embedded else "form")
    if admission is None or admission.refused:
        return _turn_away(request, offer, admission, embedded=embedded)
    return show_open_page(request, "asked", offer.language, offer=offer, embedded=embedded)


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def subscribe(request: HttpRequest, slug: str) -> HttpResponse:
    """Answer on a page of its own."""
    return _subscribe(request, slug, embedded=False)


@csrf_exempt
@never_cache
@xframe_options_exempt
@csp_replace({"frame-ancestors": ["*"]})  # type: ignore[arg-type]  # typed without arguments
@require_http_methods(["GET", "HEAD", "POST"])
def embed(request: HttpRequest, slug: str) -> HttpResponse:
    """Answer inside a frame of any other site: who is tricked into it gets one letter."""
    return _subscribe(request, slug, embedded=True)


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST", "OPTIONS"])
def subscribe_by_json(request: HttpRequest, slug: str) -> JsonResponse:
    """Tell a program what is offered, with the text to be shown; take what it sends in."""
    offer = _find_offer(request, slug)
    if request.method != "POST":
        return _answer(_describe(offer))
    data = _read_json(request)
    if data is None:
        return _answer({"error": "Send an object of JSON."}, status=400)
    form = SignUpForm(data, offer=offer)
    if not form.is_valid():
        return _answer({"errors": form.errors.get_json_data()}, status=400)
    admission = _take(request, form, method="json")
    if admission is None:
        return _answer({"error": "Try again in some minutes."}, status=503)
    if admission.refused:
        return _answer({"error": "Try again in an hour."}, status=429)
    return _answer({"status": "asked"}, status=202)


@never_cache
@require_http_methods(["GET", "HEAD"])
def challenge(_request: HttpRequest) -> JsonResponse:
    """Give work to be done before a form is sent in."""
    return _answer(make_challenge(now=timezone.now()))


def _find_offer(request: HttpRequest, slug: str) -> Offer:
    """Return what is offered in the language that was asked for, or that the browser speaks."""
    language = find_language(request.GET.get("language", ""), request.LANGUAGE_CODE)
    offer = find_offer(slug, language)
    if offer is None:
        raise Http404
    return offer


def _take(request: HttpRequest, form: SignUpForm, *, method: str) -> Admission | None:
    """Take a form; None if nothing can be taken now."""
    try:
        return take(request, form, method=method, now=timezone.now())
    except redis.RedisError:
        logger.exception("Redis keeps the limits of the public forms, and can't be reached")
        return None


def _turn_away(
    request: HttpRequest, offer: Offer, admission: Admission | None, *, embedded: bool
) -> HttpResponse:
    status = 503 if admission is None else 429
    response = show_open_page(
        request,
        "later",
        offer.language,
        status=status,
        offer=offer,
        embedded=embedded,
        too_many=admission is not None,
    )
    response["Retry-After"] = RETRY_AFTER["Retry-After"]
    return response


def _show(
    request: HttpRequest, form: SignUpForm, *, embedded: bool, status: int = 200
) -> HttpResponse:
    return show_open_page(
        request,
        "subscribe",
        form.offer.language,
        status=status,
        form=form,
        offer=form.offer,
        languages=LANGUAGES.values(),
        embedded=embedded,
    )


def _describe(offer: Offer) -> dict[str, Any]:
    return {
        "publication": offer.publication.name,
        "lists": [
            {"slug": group.slug, "name": group.name, "description": group.description}
            for group in offer.groups
        ],
        "languages": {each.code: each.name for each in LANGUAGES.values()},
        "consent": {"version": offer.version, "text": offer.consent},
    }


def _read_json(request: HttpRequest) -> QueryDict | None:
    """Return an object of texts and lists of texts as a form has them, or None if it is none."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > LONGEST_BODY:
        return None
    try:
        sent = json.loads(request.body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(sent, dict):
        return None
    data = QueryDict(mutable=True)
    for name, value in sent.items():
        values = value if isinstance(value, list) else [value]
        data.setlist(name, [each for each in values if isinstance(each, str)])
    return data


def _answer(content: dict[str, Any], *, status: int = 200) -> JsonResponse:
    headers = ANYWHERE | (RETRY_AFTER if status in {429, 503} else {})
    return JsonResponse(content, status=status, headers=headers)
