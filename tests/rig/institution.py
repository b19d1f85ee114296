"""An institution after some years: people, their lists, and a ledger of a dozen mailings.

Issues are taken in and frozen by the product's own verbs; people and deliveries, too many for
that, are written by PostgreSQL itself, each column as the product would leave it. The shares are
those of a bulletin that is looked after: see the constants. The same sizes make the same rows.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from django.contrib.auth.models import User
from django.db import connection

from mailer.content.read import read_issue
from mailer.dispatch.control.schedule import create_mailing, schedule_mailing, start_due_mailings
from mailer.dispatch.editions.intake import store_issue
from mailer.dispatch.freezing.freeze import freeze_mailing
from mailer.models import AuditEntry, Mailing, MailingState, Publication, Role
from subscribers.models import List, Segment
from tests.fakes.desk import make_member

SAMPLE = Path(__file__).resolve().parents[2] / "mailer/demo/issues"
# The last one is going; all before it are sent. One more is to come, and one is a draft.
MAILINGS = 10
DOMAINS = 400
BATCH = 500
# Tables that are filled without their indexes, which are made once at the end.
FILLED = ("mailer_delivery", "mailer_signal", "subscribers_subscription")

PEOPLE = f"""
    INSERT INTO subscribers_subscriber
        (email, email_normalised, name, language, country, time_zone, attributes, created_at)
    SELECT 'reader' || n || '@domain' || n %% {DOMAINS} || '.example',
        'reader' || n || '@domain' || n %% {DOMAINS} || '.example',
        (ARRAY['Ada','Bo','Chen','Dina','Efua','Farid','Grete','Hana'])[1 + n %% 8] || ' ' ||
        (ARRAY['Berg','Okafor','Lindqvist','Haddad','Moreau','Sato','Quist'])[1 + n %% 7] || n,
        (ARRAY['en','en','en','fr','ar','zh-Hans'])[1 + n %% 6],
        (ARRAY['NO','SE','FR','CN','DE','ES','GB','IT','PL','FI'])[1 + n %% 10],
        (ARRAY['Europe/Oslo','Europe/Paris','Asia/Shanghai','America/New_York'])[1 + n %% 4],
        jsonb_build_object('city', 'City ' || n %% 50, 'team', 'Team ' || n %% 7,
            'joined', (date '2019-01-01' + n %% 2500)::text),
        now() - n %% 2200 * interval '1 day'
    FROM generate_series(1, %s) AS n
"""
# Of a hundred on a list 92 are confirmed, 3 never were, 5 have left; a fifth is on the second too.
PLACES = """
    INSERT INTO subscribers_subscription (subscriber_id, list_id, state, changed_at, left_because)
    SELECT id, %s, CASE WHEN id %% 100 < 92 THEN 'confirmed' WHEN id %% 100 < 95 THEN 'unconfirmed'
        ELSE 'unsubscribed' END, created_at, '' FROM subscribers_subscriber WHERE id %% %s = 0
"""
EVIDENCE = """
    INSERT INTO subscribers_consentrecord
        (subscriber_id, email, list_slug, action, method, basis, form_version, at)
    SELECT id, email_normalised, %s, 'imported', 'import', 'members, by the statutes', '',
        created_at FROM subscribers_subscriber
"""
# One address in ten is not written to: most are dead, few complained.
SUPPRESSIONS = """
    INSERT INTO subscribers_suppression (email_normalised, list_id, reason, origin, created_at)
    SELECT email_normalised, NULL, CASE WHEN id % 200 = 0 THEN 'complaint'
        WHEN id % 60 = 0 THEN 'manual' ELSE 'hard_bounce' END,
        'delivery:' || id, created_at FROM subscribers_subscriber WHERE id % 10 = 0
"""
BATCHES = """
    INSERT INTO mailer_batch (mailing_id, state, fence, claimed_by, not_before, time_zone)
    SELECT %s, CASE WHEN n > %s THEN 'ready' ELSE 'done' END, 1, '', now(), ''
    FROM generate_series(1, %s) AS n RETURNING id
"""
# Of a hundred 8 are left out, 1 is refused; of the rest a third opens and a twentieth clicks. Of a
# mailing that is going, those after ``done`` wait, and one in fifty before it is deferred.
LEDGER = """
    INSERT INTO mailer_delivery (mailing_id, batch_id, frozen_edition_id, list_id, subscriber_id,
        email, email_normalised, name, state, skip_reason, note, attempts, deferrals, reply_code,
        reply_status, reply_text, reply_stage, decided_at, bounced_at, complained_at,
        unsubscribed_at, opened_at, clicked_at)
    SELECT %(mailing)s, CASE WHEN state <> 'skipped' THEN %(batch)s + (n - 1) / %(size)s END,
        (%(editions)s::bigint[])[1 + n %% cardinality(%(editions)s::bigint[])], %(list)s, id,
        email, email_normalised, name, state,
        CASE WHEN state <> 'skipped' THEN '' WHEN n %% 100 = 7 THEN 'unconfirmed'
            WHEN n %% 100 > 3 THEN 'unsubscribed' ELSE 'suppressed' END, '',
        (state NOT IN ('pending', 'skipped'))::int, (n %% 25 = 11)::int,
        CASE state WHEN 'accepted' THEN 250 WHEN 'failed' THEN 550 WHEN 'deferred' THEN 451 END,
        CASE state WHEN 'accepted' THEN '2.0.0' WHEN 'failed' THEN
            CASE WHEN n %% 300 = 8 THEN '5.2.2' ELSE '5.1.1' END WHEN 'deferred' THEN '4.7.1'
            ELSE '' END,
        CASE state WHEN 'accepted' THEN 'Ok: queued' WHEN 'failed' THEN 'No such user'
            WHEN 'deferred' THEN 'Try again later' ELSE '' END,
        CASE state WHEN 'accepted' THEN 'dot' WHEN 'failed' THEN 'rcpt'
            WHEN 'deferred' THEN 'rcpt' ELSE '' END,
        CASE WHEN state NOT IN ('pending', 'skipped') THEN %(at)s::timestamptz END,
        CASE WHEN state = 'accepted' AND n %% 100 = 42 THEN %(at)s::timestamptz END,
        CASE WHEN state = 'accepted' AND n %% 4000 = 43 THEN %(at)s::timestamptz END,
        CASE WHEN state = 'accepted' AND n %% 250 = 44 THEN %(at)s::timestamptz END,
        CASE WHEN state = 'accepted' AND n %% 3 = 0 THEN
            %(at)s::timestamptz + n %% 90000 * interval '1 second' END,
        CASE WHEN state = 'accepted' AND n %% 21 = 0 THEN
            %(at)s::timestamptz + n %% 90000 * interval '1 second' END
    FROM (SELECT person.*, row_number() OVER (ORDER BY id) AS n FROM subscribers_subscriber person
          ORDER BY id LIMIT %(count)s) AS person,
        LATERAL (SELECT CASE WHEN n %% 100 < 8 THEN 'skipped' WHEN n > %(done)s THEN 'pending'
            WHEN n %% 100 = 8 THEN 'failed' WHEN n > %(done)s * 0.9 AND n %% 50 = 9 THEN 'deferred'
            WHEN n %% 2000 = 10 THEN 'uncertain' ELSE 'accepted' END AS state) AS stand
"""
OPENINGS = """
    INSERT INTO mailer_signal (delivery_id, number, by_machine, times, first_at, last_at)
    SELECT id, 0, false, 1 + id % 3, opened_at, opened_at FROM mailer_delivery
    WHERE opened_at IS NOT NULL
    UNION ALL SELECT id, 0, true, 1, decided_at, decided_at FROM mailer_delivery
    WHERE state = 'accepted' AND id % 20 = 5
"""
CLICKS = """
    INSERT INTO mailer_signal (delivery_id, number, by_machine, times, first_at, last_at)
    SELECT delivery.id, link.number, false, 1, clicked_at, clicked_at FROM mailer_delivery delivery
    JOIN mailer_link link ON link.frozen_edition_id = delivery.frozen_edition_id
    WHERE clicked_at IS NOT NULL AND (link.number + delivery.id) % 6 = 0
"""
RETURNS = """
    INSERT INTO mailer_feedback
        (delivery_id, kind, permanent, recipient, status, reason, diagnostic, at)
    SELECT id, CASE WHEN complained_at IS NULL THEN 'bounce' ELSE 'complaint' END,
        complained_at IS NULL, email_normalised, '5.1.1', 'unknown_address', 'No such user',
        coalesce(bounced_at, complained_at) FROM mailer_delivery
    WHERE bounced_at IS NOT NULL OR complained_at IS NOT NULL
"""


def build(subscribers: int, deliveries: int, *, now: dt.datetime) -> tuple[User, User]:
    """Make it all; return an admin of the only desk that reaches everybody, and of one desk."""
    lists = _make_lists()
    own = _make_publication("The Tidewater Letter", "tidewater", lists[:2])
    other = _make_publication("Staff News", "staff", lists[2:])
    everywhere, one = make_member(own, Role.ADMIN), make_member(own, Role.EDITOR)
    everywhere.memberships.create(publication=other, role=Role.ADMIN)
    one.memberships.update(role=Role.ADMIN)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # no check of each reference
        cursor.execute("SET synchronous_commit = off")
        cursor.execute("SET maintenance_work_mem = '512MB'")
    with _without_indexes():
        _write_people(subscribers, lists)
        mailings = list(_make_mailings(own, lists[:2], now=now))
        for mailing in mailings:
            _write_ledger(mailing, deliveries // len(mailings), going=mailing is mailings[-1])
        _run(OPENINGS, CLICKS, RETURNS)
    _add_rest(own, mailings[0], lists[0], now=now)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("VACUUM ANALYZE")
    return everywhere, one


def _make_lists() -> list[List]:
    names = ("Readers of the Letter", "Members", "Staff")
    return [
        List.objects.create(name=name, slug=name.split()[0].lower(), double_opt_in=False)
        for name in names
    ]


def _make_publication(name: str, slug: str, lists: list[List]) -> Publication:
    made = Publication.objects.create(
        name=name,
        slug=slug,
        sender_name="Tidewater Institute",
        sender_address=f"{slug}@tidewater.example.org",
    )
    made.lists.set(lists)
    return made


def _write_people(count: int, lists: list[List]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(PEOPLE, [count])
        for group, every in zip(lists, (1, 5, 50), strict=True):
            cursor.execute(PLACES, [group.pk, every])
        cursor.execute(EVIDENCE, [lists[0].slug])
    _run(SUPPRESSIONS)


def _make_mailings(
    publication: Publication, lists: list[List], *, now: dt.datetime
) -> Iterator[Mailing]:
    """Yield mailings as they are when their planning begins, the oldest first."""
    document = read_issue(SAMPLE / "sample.en.md")
    for place in range(MAILINGS):
        at = now - dt.timedelta(days=30 * (MAILINGS - 1 - place))
        numbered = replace(document, number=place + 1)
        issue = store_issue(numbered, publication=publication, now=at).issue
        mailing = create_mailing(issue, lists=lists[:1], now=at)
        schedule_mailing(mailing, at=now)
        start_due_mailings(now=now)
        mailing.refresh_from_db()
        freeze_mailing(mailing, now=at)
        Mailing.objects.filter(pk=mailing.pk).update(scheduled_at=at, started_at=at)
        mailing.refresh_from_db()
        yield mailing


def _write_ledger(mailing: Mailing, count: int, *, going: bool) -> None:
    """Write a mailing's batches and deliveries, as they stand at its end, or half-way."""
    batches = -(-count // BATCH)
    done = batches // 2 if going else batches
    with connection.cursor() as cursor:
        cursor.execute(BATCHES, [mailing.pk, done, batches])
        first = min(row[0] for row in cursor.fetchall())
        cursor.execute(
            LEDGER,
            {
                "mailing": mailing.pk,
                "batch": first,
                "size": BATCH,
                "editions": list(mailing.frozen_editions.values_list("pk", flat=True)),
                "list": mailing.lists.get().pk,
                "at": mailing.started_at,
                "count": count,
                "done": done * BATCH,
            },
        )
    Mailing.objects.filter(pk=mailing.pk).update(
        state=MailingState.SENDING if going else MailingState.SENT,
        finished_at=None if going else mailing.started_at,
        cursor=count,
    )


def _add_rest(publication: Publication, sent: Mailing, group: List, *, now: dt.datetime) -> None:
    """Plan one more mailing, draft another, and add segments and what the audit log says."""
    later, _ = (create_mailing(sent.issue, lists=[group], now=now) for _ in range(2))
    schedule_mailing(later, at=now + dt.timedelta(days=1), time_zone="Europe/Oslo")
    for number in range(20):
        city = {"field": "attributes.city", "operator": "equals", "value": f"City {number}"}
        country = {"field": "country", "operator": "in", "value": ["NO", "SE", "FR"]}
        Segment.objects.create(name=f"Segment {number}", rule={"all": [country, city]})
    AuditEntry.objects.bulk_create(
        AuditEntry(
            publication=publication,
            actor="admin@desk.example",
            act="scheduled",
            subject=f"mailing {number}",
            at=now,
        )
        for number in range(5_000)
    )


def _run(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


@contextmanager
def _without_indexes() -> Iterator[None]:
    """Drop the indexes of the large tables that no constraint needs, and make them anew after."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = ANY(%s) AND NOT EXISTS"
            " (SELECT FROM pg_constraint WHERE conname = indexname)",
            [list(FILLED)],
        )
        found = cursor.fetchall()
        for name, _ in found:
            cursor.execute(f'DROP INDEX "{name}"')
    yield
    _run(*(definition for _, definition in found))
