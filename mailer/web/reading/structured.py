"""What pages say to machines that read them: schema.org, as JSON-LD."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from mailer.models import Publication
from mailer.types import Article, Document, Photo, Profile, Section
from mailer.web.reading.finding import Entry, make_url

CONTEXT = "https://schema.org"
# In a script element nothing is escaped but what could end it (HTML §4.12.1.3).
_ESCAPES = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


def write_data(data: Mapping[str, Any]) -> SafeString:
    """Return data as JSON that ends no script element, whatever it holds."""
    return mark_safe(json.dumps(data, ensure_ascii=False).translate(_ESCAPES))  # noqa: S308


def describe_issue(publication: Publication, entries: Sequence[Entry]) -> dict[str, Any]:
    """Return an issue with its articles, in all its languages."""
    first = entries[0]
    return {
        "@context": CONTEXT,
        **_issue(publication, first.number),
        "inLanguage": [each.language for each in entries],
        "datePublished": first.sent_at.isoformat(),
        "hasPart": [
            {
                "@type": "Article",
                "headline": title,
                "inLanguage": each.language,
                "url": make_url(each.article_path(anchor)),
            }
            for each in entries
            for anchor, title in each.contents
        ],
    }


def describe_article(
    publication: Publication, entry: Entry, document: Document, part: Section | Article
) -> dict[str, Any]:
    """Return an article, the issue that it is of, and who publishes it."""
    url = make_url(entry.article_path(part.anchor))
    sources = [
        block.source if isinstance(block, Photo) else block.portrait
        for block in part.blocks
        if isinstance(block, Photo | Profile)
    ]
    pictures = [document.pictures[each].name for each in sources if each in document.pictures]
    return {
        "@context": CONTEXT,
        "@type": "Article",
        "headline": part.title,
        "inLanguage": entry.language,
        "datePublished": entry.sent_at.isoformat(),
        "url": url,
        "mainEntityOfPage": url,
        "image": [make_url(reverse("archive:picture", args=[name])) for name in pictures],
        "isPartOf": _issue(publication, entry.number),
        "publisher": {"@type": "Organization", "name": document.colophon.publisher},
    }


def _issue(publication: Publication, number: int) -> dict[str, Any]:
    return {
        "@type": "PublicationIssue",
        "issueNumber": str(number),
        "url": make_url(reverse("archive:issue", args=[publication.slug, number])),
        "isPartOf": {
            "@type": "Periodical",
            "name": publication.name,
            "url": make_url(publication.get_absolute_url()),
        },
    }
