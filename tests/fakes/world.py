"""A publication, an issue with its edition, lists and people, made through the real verbs."""

from __future__ import annotations

import datetime as dt

from mailer.content.parse import parse_issue
from mailer.dispatch.editions.intake import store_issue
from mailer.models import Edition, Publication
from subscribers import consent
from subscribers.consent import Evidence
from subscribers.models import List, Subscription

NOW = dt.datetime(2026, 3, 1, 8, 0, tzinfo=dt.UTC)

ISSUE_FILE = """\
---
publication: The Harbour Letter
number: {number}
published: 2026-03
language: {language}
subject: "{subject}"
preheader: "What the tide brought in"
colophon:
  publisher: Harbour Institute
  address: "1 Quay Street, 0150 Oslo, Norway"
  roles:
    Responsible Editor: [Ada Berg]
---

# News

## The lighthouse is lit again

After two winters the lamp turns.
"""


def make_publication(*lists: List) -> Publication:
    """Make a publication that goes to these lists."""
    publication = Publication.objects.create(
        name="The Harbour Letter",
        slug="harbour",
        sender_name="Harbour Institute",
        sender_address="letter@harbour.example",
    )
    publication.lists.set(lists)
    return publication


def make_edition(
    publication: Publication, *, number: int = 7, language: str = "en", subject: str = "Spring"
) -> Edition:
    """Take an issue file in."""
    text = ISSUE_FILE.format(number=number, language=language, subject=subject)
    document = parse_issue(text, file="issue.md", load_picture=None)
    return store_issue(document, publication=publication, now=NOW)


def make_list(slug: str = "readers", **fields: object) -> List:
    """Make a public list on which joining is enough."""
    return List.objects.create(
        **{"name": slug.title(), "slug": slug, "double_opt_in": False} | fields
    )


def join(email: str, group: List, **fields: str) -> Subscription:
    """Subscribe an address with evidence."""
    evidence = Evidence(method="test")
    return consent.subscribe(email, group, evidence=evidence, now=NOW, **fields)


def join_many(count: int, group: List) -> list[Subscription]:
    """Subscribe reader1@…, reader2@… and so on."""
    return [join(f"reader{number}@people.example", group) for number in range(1, count + 1)]
