"""Many recipients, made by the database itself: a million take seconds."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import connection, models

from subscribers import consent
from subscribers.consent import Evidence
from subscribers.models import List, Subscriber, Subscription, SubscriptionState

# Recipients are spread over so many domains.
DOMAINS = 50
NUMBERS = "WITH RECURSIVE numbers(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM numbers WHERE n < %s)"
ADDRESS = f"'reader' || n || '@domain' || (n %% {DOMAINS}) || '.example'"


def make_readers(count: int, slug: str, *, now: dt.datetime) -> List:
    """Make a list with this many confirmed readers.

    The first one joins as people do; the others are copies of that one's rows, each with an
    address of its own, so that every column is as the product writes it.
    """
    group = List.objects.create(name=slug.title(), slug=slug, double_opt_in=False)
    first = consent.subscribe(
        "reader1@domain1.example",
        group,
        evidence=Evidence(method="rig"),
        now=now,
        name="Reader 1",
        language="en",
    ).subscriber
    if count > 1:
        own = {"email": ADDRESS, "email_normalised": ADDRESS, "name": "'Reader ' || n"}
        _copy(Subscriber, own, f"{NUMBERS} SELECT", "numbers", first.pk, [count])
        place = Subscription.objects.get(subscriber=first, list=group)
        others = f"{Subscriber._meta.db_table} others"
        _copy(Subscription, {"subscriber_id": "others.id"}, "SELECT", others, place.pk, [])
    if connection.vendor == "postgresql":
        # As autovacuum does after an import, only that nobody waits for it here.
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    return group


def take_some(count: int, slug: str, *, now: dt.datetime) -> List:
    """Make another list of the first so many people there are."""
    group = List.objects.create(name=slug.title(), slug=slug, double_opt_in=False)
    first = Subscriber.objects.order_by("pk").values_list("pk", flat=True)[:count]
    Subscription.objects.bulk_create(
        Subscription(
            subscriber_id=person, list=group, state=SubscriptionState.CONFIRMED, changed_at=now
        )
        for person in first
    )
    return group


def _copy(
    model: type[models.Model],
    own: dict[str, str],
    select: str,
    source: str,
    template: int,
    parameters: list[Any],
) -> None:
    """Insert a copy of the template's row for each row of ``source``, with its ``own`` columns."""
    table = model._meta.db_table
    columns = [field.column for field in model._meta.concrete_fields if not field.primary_key]
    values = [own.get(name, f'template."{name}"') for name in columns]
    names = ", ".join(f'"{name}"' for name in columns)
    statement = (
        f"INSERT INTO {table} ({names}) {select} {', '.join(values)}"
        f" FROM {source}, {table} template WHERE template.id = %s"
    )
    if "others" in source:
        statement += " AND others.id <> template.subscriber_id"
    with connection.cursor() as cursor:
        cursor.execute(statement, [*parameters, template])
