"""Putting the sample people into the database, through the same doors as anybody's people."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.utils.text import slugify

from mailer.demo.people import (
    PARTNERS,
    READERS,
    SEGMENT_NAME,
    SEGMENT_RULE,
    Person,
    Standing,
    on_list,
    write_csv,
)
from mailer.dispatch.editions.intake import store_issue
from mailer.models import Issue, Publication
from mailer.types import Document
from subscribers import consent
from subscribers.consent import Evidence
from subscribers.importing.delimited import open_string
from subscribers.importing.direct import import_people
from subscribers.models import List, Segment, Subscription
from subscribers.segments import validate_rule

SENDER_ADDRESS = "bulletin@news.example.org"
BASIS = "sample people of the demo"
ADMIN = "admin"
LISTS = {
    READERS: ("Readers", "Everybody who asked for the bulletin.", True),
    PARTNERS: ("Partners", "People at the partner institutes.", False),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What is ready to be sent, and to whom."""

    issue: Issue
    lists: tuple[List, ...]
    segment: Segment


def set_stage(
    documents: Sequence[Document], people: Sequence[Person], *, now: dt.datetime
) -> Stage:
    """Store the issue's editions, and import the people into their lists."""
    lists = tuple(_make_list(slug) for slug in LISTS)
    for group in lists:
        _import(people, group, now=now)
    validate_rule(SEGMENT_RULE)
    segment = Segment.objects.create(name=SEGMENT_NAME, rule=SEGMENT_RULE)
    publication = _make_publication(documents[0], lists)
    editions = [store_issue(each, publication=publication, now=now) for each in documents]
    return Stage(issue=editions[0].issue, lists=lists, segment=segment)


def make_admin() -> str:
    """Make the account that the demo prints, and return its password."""
    password = secrets.token_urlsafe(12)
    User.objects.create_superuser(ADMIN, "admin@news.example.org", password)
    return password


def _make_list(slug: str) -> List:
    name, description, double = LISTS[slug]
    return List.objects.create(
        name=name, slug=slug, description=description, public=True, double_opt_in=double
    )


def _make_publication(document: Document, lists: Sequence[List]) -> Publication:
    publication = Publication.objects.create(
        name=document.publication,
        slug=slugify(document.publication)[:63] or "bulletin",
        sender_name=document.colophon.publisher,
        sender_address=SENDER_ADDRESS,
    )
    publication.lists.set(lists)
    return publication


def _import(people: Sequence[Person], group: List, *, now: dt.datetime) -> None:
    """Import a list's people: those who confirmed, those who never did, those who left since."""
    for standing in Standing:
        table = open_string(write_csv(on_list(people, group.slug, standing)).read())
        confirmed = standing is not Standing.UNCONFIRMED
        report = import_people(table, group=group, basis=BASIS, now=now, confirmed=confirmed)
        assert not report.refused, report.refused[:3]
    gone = [each.email for each in on_list(people, group.slug, Standing.LEFT)]
    evidence = Evidence(method="demo", basis="left before the demo began")
    for place in Subscription.objects.filter(list=group, subscriber__email__in=gone):
        consent.unsubscribe(
            subscriber_id=place.subscriber_id, list_id=group.pk, evidence=evidence, now=now
        )
