"""A chunk of new people is written as it travelled, and does to them what any chunk does."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.db import connection

from subscribers import consent, suppression
from subscribers.erasure import erase
from subscribers.flags import find_flagged
from subscribers.importing import store as storing
from subscribers.importing.chunks import Chunk
from subscribers.importing.packed import pack
from subscribers.importing.rows import Row
from subscribers.importing.standing import Standing
from subscribers.importing.store import Store
from subscribers.models import ConsentRecord, List, Subscriber, Subscription, SuppressionReason
from tests.fakes.world import NOW, join

ON_POSTGRESQL = connection.vendor == "postgresql"
STRANGE = 'tab\t, line\nend, back\\slash, \\N, "quote", Zoë 王 \U0001f600'
ADA = Row(
    2, "Ada@People.example", "ada@people.example", "Ada Berg", "nb", "NO", "Europe/Oslo",
    '{"city": "Tromsø", "age": 42, "member": true}', Standing.ACTIVE,
)  # fmt: skip
BO = Row(3, "bo@people.example", "bo@people.example", STRANGE, "", "", "", "{}", Standing.ACTIVE)
ROLE = Row(4, "info@people.example", "info@people.example", "", "", "", "", "{}", Standing.ACTIVE)


def chunk(*rows: Row, packed: bool = True) -> Chunk:
    flagged = find_flagged(row.address for row in rows)
    people = pack(rows) if packed else [*rows]
    return Chunk(records=len(rows), rows=people, refused=[], flagged=flagged)


def kept(group: List) -> list[object]:
    """Return all that an import writes of the people of a list, but for their numbers."""
    people = Subscriber.objects.filter(subscriptions__list=group).order_by("email_normalised")
    details = ("email", "email_normalised", "name", "language", "country", "time_zone")
    evidence = ("email", "action", "method", "basis", "form_version", "ip_address", "at")
    return [
        [*people.values_list(*details, "attributes", "created_at", "paused_until")],
        [*group.subscriptions.values_list("state", "changed_at", "left_because").order_by("pk")],
        [*ConsentRecord.objects.filter(subscriber__in=people).values_list(*evidence)],
    ]


@pytest.fixture
def store(group):
    return Store(group=group, basis="members", origin="import:1", now=NOW)


@pytest.fixture
def tries(monkeypatch):
    """What became of each attempt to write a chunk as one of strangers."""
    found, write = [], storing.write_strangers

    def note(*args, **options):
        found.append(write(*args, **options))
        return found[-1]

    monkeypatch.setattr(storing, "write_strangers", note)
    return found


def expect(*results: bool) -> list[bool]:
    return [*results] if ON_POSTGRESQL else []


@pytest.mark.parametrize("confirmed", [True, False])
def test_strangers_are_written_as_anybody_is(store, tries, confirmed):
    store.confirmed = confirmed
    counts = store.write(chunk(ADA, BO, ROLE))
    written = kept(store.group)
    other = List.objects.create(name="Others", slug="others")
    others = [
        row._replace(email=f"x{row.email}", address=f"x{row.address}") for row in (ADA, BO, ROLE)
    ]
    plain = replace(store, group=other).write(chunk(*others, packed=False))

    assert tries == expect(True)
    assert (counts["created"], counts["joined"], counts["role"]) == (3, 3, 1)
    assert counts["created"] == plain["created"]
    assert without_prefix(kept(other)) == written


def without_prefix(found: list[object]) -> list[object]:
    people, places, evidence = found
    return [
        [(email[1:], address[1:], *others) for email, address, *others in people],
        places,
        [(email[1:], *others) for email, *others in evidence],
    ]


def test_where_somebody_is_known_nothing_is_lost_and_nobody_comes_twice(store, tries):
    group = store.group
    join("ada@people.example", group, name="Old")
    first = store.write(chunk(ADA, BO))
    second = store.write(chunk(ROLE))

    assert tries == expect(False)  # and not tried again before a chunk had nobody known
    assert (first["created"], first["updated"], second["created"]) == (1, 1, 1)
    third = store.write(chunk(ADA._replace(email="c@people.example", address="c@people.example")))
    assert tries == expect(False, True)
    assert third["created"] == 1
    assert Subscriber.objects.count() == Subscription.objects.count() == 4
    assert ConsentRecord.objects.filter(action="imported").count() == 3


def test_who_left_stays_away_and_who_was_forgotten_stays_unknown(store, tries):
    left = join("ada@people.example", store.group)
    consent.unsubscribe(
        subscriber_id=left.subscriber_id,
        list_id=store.group.pk,
        evidence=consent.Evidence(method="test"),
        now=NOW,
    )
    erase(join("bo@people.example", store.group).subscriber, method="test", now=NOW)

    counts = store.write(chunk(ADA, BO, ROLE))

    assert tries == []
    assert (counts["created"], counts["left_before"], counts["erased"]) == (1, 1, 1)
    left.refresh_from_db()
    assert left.state == "unsubscribed"
    assert not Subscriber.objects.filter(email_normalised=BO.address).exists()


def test_who_is_suppressed_is_counted_and_stays_suppressed(store, tries):
    suppression.suppress(
        BO.address, reason=SuppressionReason.HARD_BOUNCE, origin="delivery:1", now=NOW
    )
    counts = store.write(chunk(ADA, BO))

    assert tries == expect(True)
    assert (counts["created"], counts["suppressed"]) == (2, 1)


@pytest.mark.parametrize("standing", [Standing.WAITING, Standing.LEFT, Standing.BLOCKED])
def test_who_stands_otherwise_is_looked_at_one_by_one(store, tries, standing):
    store.write(chunk(ADA, BO._replace(standing=standing)))

    state = Subscription.objects.get(subscriber__email_normalised=BO.address).state
    assert tries == []
    assert state == ("unconfirmed" if standing is Standing.WAITING else "unsubscribed")


def test_a_dry_run_writes_nobody(store, tries):
    store.dry_run = True
    counts = store.write(chunk(ADA, BO))

    assert (tries, counts["created"], Subscriber.objects.count()) == ([], 2, 0)
