"""What receivers find when they look a sender up, and the records that would mend it."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from mailer.domains.examine import examine
from mailer.domains.findings import Finding, Key, Level, Sender
from mailer.domains.lookup import make_look
from mailer.errors import MastheadError
from mailer.models import DkimKey, Publication
from mailer.web.desk.entry import FORM, Desk, desk_page, show
from mailer.web.desk.house.servers import list_servers
from mailer.web.desk.permissions import Act

# The word that stands before a finding, as no colour alone may tell.
MARKS = {
    Level.GOOD: "Good",
    Level.NOTE: "Note",
    Level.WARNING: "Could be better",
    Level.ERROR: "To be mended",
    Level.UNKNOWN: "Not known",
}


@desk_page(Act.SETTINGS, methods=FORM)
def show_domain(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Say what receivers look at; when asked to, look it up as they do."""
    sender = describe_sender(desk.publication)
    looked = request.method == "POST"
    found = examine(sender, make_look()) if looked else []
    return show(
        request,
        desk,
        "house/domain",
        sender=sender,
        looked=looked,
        parts=_group(found),
        mend=sum(each.level == Level.ERROR for each in found),
    )


def describe_sender(publication: Publication) -> Sender:
    """Return what receivers see of a publication's mail."""
    keys = []
    for row in DkimKey.objects.aligned(publication.sender_domain):
        try:
            keys.append(Key(host=row.host, record=row.record()))
        except MastheadError:
            continue  # of another secret key: it can't sign, and doctor says so
    hosts = [each.host for each in list_servers() if each.host]
    return Sender(
        domain=publication.sender_domain.lower(),
        bounce_domain=settings.BOUNCE_DOMAIN,
        keys=tuple(keys),
        servers=tuple(dict.fromkeys(hosts)),
    )


def _group(found: Iterable[Finding]) -> dict[str, list[tuple[str, Finding]]]:
    parts: dict[str, list[tuple[str, Finding]]] = {}
    for each in found:
        parts.setdefault(each.about, []).append((MARKS[each.level], each))
    return parts
