"""What receivers find when they look a sender up, and the records that would mend it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from mailer.domains.examine import examine, examine_another
from mailer.domains.findings import Finding, Key, Level, Sender
from mailer.domains.lookup import make_look
from mailer.errors import MastheadError
from mailer.models import DkimKey, Publication
from mailer.models.sender import Sender as MailingSender
from mailer.models.sender import find_own_senders
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
    publication, own = desk.publication, find_own_senders(desk.publication)
    names = [publication.sender_domain, *_find_other_domains(publication, own.values())]
    sender, *others = describe_senders(names)
    looked = request.method == "POST"
    parts = _look_up(sender, others) if looked else {}
    return show(
        request,
        desk,
        "house/domain",
        sender=sender,
        own=own,
        others=others,
        looked=looked,
        parts=parts,
        mend=sum(each.level == Level.ERROR for found in parts.values() for _, each in found),
    )


def describe_senders(domains: Collection[str]) -> list[Sender]:
    """Return what receivers see of mail from each of some domains."""
    keys = DkimKey.objects.aligned_each(domains)
    hosts = tuple(dict.fromkeys(each.host for each in list_servers() if each.host))
    return [
        Sender(
            domain=domain.lower(),
            bounce_domain=settings.BOUNCE_DOMAIN,
            keys=tuple(_publish(keys[domain])),
            servers=hosts,
        )
        for domain in domains
    ]


def _publish(rows: Iterable[DkimKey]) -> Iterator[Key]:
    for row in rows:
        try:
            yield Key(host=row.host, record=row.record())
        except MastheadError:
            continue  # of another secret key: it can't sign, and doctor says so


def _find_other_domains(publication: Publication, own: Iterable[MailingSender]) -> list[str]:
    """Return the domains of lists' own senders that are not the publication's, each once."""
    names = dict.fromkeys(each.domain.lower() for each in own)
    return [name for name in names if name != publication.sender_domain.lower()]


def _look_up(sender: Sender, others: Iterable[Sender]) -> dict[str, list[tuple[str, Finding]]]:
    """Return what is found, by what it is about."""
    look = make_look()
    parts = _group(examine(sender, look))
    for other in others:
        for about, found in _group(examine_another(other, look)).items():
            parts[f"{about} of {other.domain}"] = found
    return parts


def _group(found: Iterable[Finding]) -> dict[str, list[tuple[str, Finding]]]:
    parts: dict[str, list[tuple[str, Finding]]] = {}
    for each in found:
        parts.setdefault(each.about, []).append((MARKS[each.level], each))
    return parts
