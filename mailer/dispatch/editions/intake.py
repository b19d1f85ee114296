"""Taking an issue file in: Document -> Issue and Edition."""

from __future__ import annotations

import datetime as dt
import hashlib
from contextlib import suppress

from django.db import transaction

from mailer.content.parse import parse_issue
from mailer.content.write import write_issue
from mailer.dispatch.editions.pictures import store_pictures
from mailer.errors import InvalidIssue
from mailer.models import Edition, Issue, Publication
from mailer.types import Document


def store_issue(document: Document, *, publication: Publication, now: dt.datetime) -> Edition:
    """Keep a document as the edition of its issue in its language, replacing an older text.

    The pictures are kept first: an edition never names a picture that is not there.
    """
    kept = store_pictures(document.pictures)
    source = write_issue(document)
    with transaction.atomic():
        issue, _ = Issue.objects.update_or_create(
            publication=publication,
            number=document.number,
            defaults={"published": str(document.published)},
        )
        edition, _ = Edition.objects.update_or_create(
            issue=issue,
            language=document.language,
            defaults={
                "subject": document.subject,
                "source": source,
                "pictures": kept,
                "content_hash": hash_content(source, [entry["name"] for entry in kept.values()]),
                "changed_at": now,
            },
        )
    return edition


def bears_name(document: Document, publication: Publication) -> bool:
    """Tell whether a document says the publication's name, or the one it has in its language.

    A bulletin may have another name in another language: what its last edition in that
    language said is known.
    """
    names = {publication.name.casefold()}
    editions = Edition.objects.filter(issue__publication=publication, language=document.language)
    last = editions.order_by("-issue__number").first()
    # A text of long ago may break rules that are new: then it says nothing.
    with suppress(InvalidIssue):
        if last:
            kept = parse_issue(last.source, file=str(last), load_picture=None)
            names.add(kept.publication.casefold())
    return document.publication.casefold() in names


def hash_content(source: str, picture_names: list[str]) -> str:
    """Return the SHA-256, in hexadecimal, of an edition's text and its pictures."""
    digest = hashlib.sha256(source.encode())
    for name in sorted(picture_names):
        digest.update(b"\0" + name.encode())
    return digest.hexdigest()
