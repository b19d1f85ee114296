"""Which text of an issue the public may read, and what is in it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db.models import F
from django.http import Http404
from django.urls import reverse

from mailer.content.parse import parse_issue
from mailer.models import FrozenEdition, Publication
from mailer.types import Document, Picture

# What a list of issues needs; the messages themselves stay in the database.
HEAVY = ("html", "text", "compiled", "source", "pictures", "edition__source", "edition__pictures")
KEPT_DOCUMENTS = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An edition that the public may read.

    ``contents`` are its articles, and sections that stand alone: anchor and title of each. It is
    empty for one that was frozen before contents were kept.
    """

    frozen_id: int
    content_hash: str
    slug: str
    number: int
    published: str
    language: str
    subject: str
    preheader: str
    contents: tuple[tuple[str, str], ...]
    sent_at: dt.datetime

    @property
    def path(self) -> str:
        """Return where the mail's own web version stands."""
        return reverse("archive:edition", args=[self.slug, self.number, self.language])

    def article_path(self, anchor: str) -> str:
        """Return where one of its articles stands."""
        return reverse("archive:article", args=[self.slug, self.number, self.language, anchor])


def find_publication(slug: str) -> Publication:
    """Return a publication of which something can be read, or that people may join."""
    publication = Publication.objects.filter(slug=slug).first()
    if publication is None:
        raise Http404
    return publication


def list_entries(*, most: int, **chosen: Any) -> list[Entry]:
    """Return published editions, the newest issue first, each as it is read now."""
    rows = (
        FrozenEdition.objects.published()
        .filter(**chosen)
        .select_related("mailing", "edition__issue__publication")
        .defer(*HEAVY)
        .order_by("-edition__issue__number", "edition", F("precedence"))
    )
    return [_describe(row) for row in _take_first(rows, most)]


def find_document(slug: str, number: int, language: str) -> tuple[Entry, Document]:
    """Return an edition with its text, as nobody's segment sees it. Raises Http404."""
    row = (
        FrozenEdition.objects.published()
        .filter(
            mailing__issue__publication__slug=slug,
            mailing__issue__number=number,
            language=language,
        )
        .select_related("mailing", "edition__issue__publication")
        .defer(*HEAVY)
        .first()
    )
    if row is None or not row.contents:
        raise Http404
    return _describe(row), _read(row.pk, row.content_hash)


# What is frozen never changes.
@lru_cache(maxsize=KEPT_DOCUMENTS)
def _read(frozen_id: int, _content_hash: str) -> Document:
    row = FrozenEdition.objects.only("source", "pictures").get(pk=frozen_id)
    document = parse_issue(row.source, file=str(frozen_id), load_picture=None)
    pictures = {source: Picture(data=b"", **entry) for source, entry in row.pictures.items()}
    return replace(document, pictures=pictures)


def _take_first(rows: Iterable[FrozenEdition], most: int) -> Iterable[FrozenEdition]:
    first: dict[int, FrozenEdition] = {}
    for row in rows:
        first.setdefault(row.edition_id, row)
        if len(first) > most:
            break
    return list(first.values())[:most]


def _describe(row: FrozenEdition) -> Entry:
    issue = row.edition.issue
    sent_at = row.mailing.started_at or row.mailing.created_at
    return Entry(
        frozen_id=row.pk,
        content_hash=row.content_hash,
        slug=issue.publication.slug,
        number=issue.number,
        published=issue.published,
        language=row.language,
        subject=row.subject or row.edition.subject,
        preheader=row.preheader,
        contents=tuple((str(anchor), str(title)) for anchor, title in row.contents),
        sent_at=sent_at,
    )


def make_url(path: str) -> str:
    """Return the public address of a path: of the setting, never of a request."""
    return f"{settings.PUBLIC_URL}{path}"
