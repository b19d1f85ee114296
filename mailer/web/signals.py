"""Links and pictures that are counted: the reader goes on at once, the count follows by itself.

Where a link leads is told by the database alone, by the message that it stood in: a link of
ours can be made to lead nowhere else.
"""

from __future__ import annotations

import base64
import time

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from mailer.errors import InvalidToken
from mailer.message.identity import OF_DELIVERY, read_signal_token
from mailer.models import Delivery, Link
from mailer.models.keys import identity_key
from mailer.results.signals import OPENING, Sight, hash_network, open_buffer

# One transparent point, as GIF: the smallest picture that every mail program shows.
PIXEL = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
# The largest number that its column takes.
LARGEST_NUMBER = 32_767


class CountedRedirect(HttpResponseRedirect):
    """Lead to a page on the web, and to nothing else."""

    allowed_schemes = ["http", "https"]


@require_safe
@never_cache
def follow_link(request: HttpRequest, token: str, number: int) -> HttpResponse:
    """Lead a reader to where the link led in the message that this token is of."""
    kind, named = _read(token)
    editions = Delivery.objects.filter(pk=named).values("frozen_edition")
    of = {"frozen_edition__in": editions} if kind == OF_DELIVERY else {"frozen_edition": named}
    links = (
        Link.objects.filter(**of, number=number)
        if number <= LARGEST_NUMBER
        else Link.objects.none()
    )
    url = links.values_list("url", flat=True).first()
    if url is None:
        raise Http404
    _note(request, kind, named, number)
    return CountedRedirect(url)


@require_safe
@never_cache
def show_pixel(request: HttpRequest, token: str) -> HttpResponse:
    """Show a point that nobody sees; it is the same for a token that is none."""
    try:
        kind, named = read_signal_token(token, identity_key())
    except InvalidToken:
        return HttpResponse(PIXEL, content_type="image/gif")
    _note(request, kind, named, OPENING)
    return HttpResponse(PIXEL, content_type="image/gif")


def _read(token: str) -> tuple[str, int]:
    try:
        return read_signal_token(token, identity_key())
    except InvalidToken as error:
        raise Http404 from error


def _note(request: HttpRequest, kind: str, named: int, number: int) -> None:
    """Count it later; who asks not to be followed is counted by no name."""
    objects = request.headers.get("Sec-GPC") == "1"
    if objects and kind == OF_DELIVERY:
        return
    address = request.META.get("REMOTE_ADDR", "")
    person, edition = (named, 0) if kind == OF_DELIVERY else (0, named)
    open_buffer().add(
        Sight(
            delivery_id=person,
            frozen_edition_id=edition,
            number=number,
            at=time.time(),
            method=request.method or "",
            agent=request.headers.get("User-Agent", ""),
            network=hash_network(address, day=timezone.now().date()),
        )
    )
