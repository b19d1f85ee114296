"""Where mail services tell of bounces and complaints: what proves to be theirs is kept at once."""

from __future__ import annotations

import logging

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from mailer.errors import ForgedPost
from mailer.feedback.webhooks.convert import convert
from mailer.feedback.webhooks.keep import keep_events, keep_unreadable
from mailer.feedback.webhooks.post import Post
from mailer.feedback.webhooks.receivers import read_events, verify

log = logging.getLogger(__name__)


# No cookie speaks here: what proves the sender is in the post itself.
@csrf_exempt
@never_cache
@require_http_methods(["POST", "HEAD"])
def take_events(request: HttpRequest, provider: str) -> HttpResponse:
    """Keep a provider's events, if they are its own, and say so only once they are kept.

    A provider whose secret is not set has no page here.
    """
    secret = settings.WEBHOOKS.get(provider)
    if not secret:
        raise Http404
    if request.method == "HEAD":
        return HttpResponse()  # so they look whether the address is right
    post = Post(headers=request.headers, body=request.body, received_at=timezone.now())
    try:
        verify(provider, secret, request, post)
        _keep(provider, secret, request, post)
    except ForgedPost as error:
        log.warning("A post to the webhook of %s is refused: %s", provider, error)
        return _refuse()
    return HttpResponse()


def _keep(provider: str, secret: str, request: HttpRequest, post: Post) -> None:
    """Keep what a verified post tells. Raises ForgedPost for a topic that can't be joined."""
    try:
        told = convert(provider, read_events(provider, secret, request))
    except ForgedPost:
        raise
    except Exception as error:
        # It is theirs, and telling it again would not help: a person must look.
        log.exception("A post to the webhook of %s can't be read.", provider)
        keep_unreadable(provider, post.body, repr(error), now=post.received_at)
    else:
        keep_events(provider, told, now=post.received_at)


def _refuse() -> HttpResponse:
    """Answer so that a provider which waits to be asked for its password sends it next time."""
    response = HttpResponse(status=401)
    response["WWW-Authenticate"] = 'Basic realm="webhooks"'
    return response
