"""The institution whose desk the guide shows: invented people, the sample issue, a fixed day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from django.contrib.auth.models import User
from django.db.models.functions import Now

from mailer.content.read import read_issue
from mailer.dispatch.checking.check import judge_edition
from mailer.dispatch.control.schedule import (
    create_mailing,
    finish_mailings,
    schedule_mailing,
    start_due_mailings,
)
from mailer.dispatch.editions.intake import store_issue
from mailer.dispatch.freezing.freeze import freeze_mailing
from mailer.dispatch.planning.plan import plan_slice
from mailer.dispatch.signing.chain import seal_edition
from mailer.dispatch.signing.sign import sign
from mailer.models import (
    Batch,
    BatchState,
    Comment,
    Delivery,
    DeliveryState,
    Edition,
    Feedback,
    Issue,
    Mailing,
    MailingState,
    Membership,
    Publication,
    Pulse,
    Role,
    Signal,
)
from mailer.models.pulse import THE_ONE
from subscribers.importing.lifecycle import Wish, keep_import
from subscribers.models import (
    List,
    Segment,
    Subscriber,
    Subscription,
    SubscriptionState,
    SuppressionReason,
)
from subscribers.suppression import suppress
from tests.fakes.desk import make_user

SAMPLE = Path(__file__).resolve().parents[2] / "mailer/demo/issues"
NOW = dt.datetime(2026, 3, 10, 9, 24, tzinfo=dt.UTC)  # a Tuesday
PEOPLE = 480
GIVEN = ("Ada", "Bo", "Chen", "Dina", "Efua", "Farid", "Grete", "Hana", "Ines", "Jonas", "Kofi")
FAMILY = ("Berg", "Okafor", "Lindqvist", "Haddad", "Moreau", "Sato", "Quist", "Strand")
CITIES = ("Bergen", "Oslo", "Tromsø", "Lille", "Lisbon")
COUNTRIES = ("NO", "NO", "NO", "FR", "PT")
CHAIN = (Role.AUTHOR, Role.LANGUAGE, Role.RESPONSIBLE)
TEAM = {
    Role.ADMIN: ("Ada", "Berg"),
    Role.AUTHOR: ("Inès", "Belhadj"),
    Role.LANGUAGE: ("Siobhan", "O'Dwyer"),
    Role.RESPONSIBLE: ("Marit", "Oyelaran"),
}
FILE = (
    b"Mail,Full name,Town,Member since\n"
    b"nora@harbour.example,Nora Vik,Bergen,2024-05-02\n"
    b"tomas@harbour.example,Tom\xc3\xa1s Reis,Lisbon,2025-01-17\nnobody,,,\n"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Where the pictures are taken: who looks, and the numbers of what is looked at."""

    admin: User
    author: User
    sent: int
    going: int
    draft: int
    later: int
    complainant: int
    segment: int
    kept: int


def make_scene() -> Scene:
    """Make the whole world in the database that Django has."""
    group = List.objects.create(
        name="Readers of the Letter", slug="readers", double_opt_in=False, description="Monthly."
    )
    _join(group)
    publication = _make_publication(group)
    team = {role: _hire(publication, role) for role in TEAM}
    earlier = _store(publication, number=6)
    sent = _send(_create(earlier, group, days=-28), waiting=0)
    issue = _store(publication, number=7, languages=("en", "ar"))
    going = _send(_create(issue, group, days=0), waiting=170)
    draft, later = (_create(issue, group, days=0) for _ in range(2))
    _plan(draft, MailingState.DRAFT)
    _plan(later, MailingState.SCHEDULED)
    publication.chain = [role.value for role in CHAIN]
    publication.save()
    _sign(issue, team)
    Pulse.objects.update_or_create(pk=THE_ONE, defaults={"beaten_at": Now()})
    return Scene(
        admin=team[Role.ADMIN],
        author=team[Role.AUTHOR],
        sent=sent.pk,
        going=going.pk,
        draft=draft.pk,
        later=later.pk,
        complainant=_complain(sent),
        segment=_make_segment(group),
        kept=_upload(group),
    )


def _join(group: List) -> None:
    """Make people who joined over the last year, a few of whom have left or never confirmed."""
    people = Subscriber.objects.bulk_create(_invent())
    states = SubscriptionState
    Subscription.objects.bulk_create(
        Subscription(
            subscriber=each,
            list=group,
            state=(
                states.UNSUBSCRIBED
                if number % 31 == 7
                else states.UNCONFIRMED
                if number % 37 == 5
                else states.CONFIRMED
            ),
            changed_at=each.created_at,
        )
        for number, each in enumerate(people)
    )


def _invent() -> Iterator[Subscriber]:
    for number in range(PEOPLE):
        given, family = GIVEN[number % len(GIVEN)], FAMILY[number // 3 % len(FAMILY)]
        address = f"{given}.{family}{number}@people.example".lower()
        yield Subscriber(
            email=address,
            email_normalised=address,
            name=f"{given} {family}",
            language=("en", "ar")[number % 9 == 0],
            country=COUNTRIES[number % len(COUNTRIES)],
            time_zone="Europe/Oslo",
            attributes={"city": CITIES[number % len(CITIES)]},
            created_at=NOW - dt.timedelta(days=(number * number) % 330 + 29),
        )


def _make_publication(group: List) -> Publication:
    made = Publication.objects.create(
        name="The Tidewater Letter",
        slug="tidewater",
        sender_name="Tidewater Institute",
        sender_address="letter@tidewater.example.org",
    )
    made.lists.add(group)
    return made


def _hire(publication: Publication, role: Role) -> User:
    user = make_user(role.value)
    user.first_name, user.last_name = TEAM[role]
    user.save()
    Membership.objects.create(user=user, publication=publication, role=role)
    return user


def _store(publication: Publication, *, number: int, languages: tuple[str, ...] = ("en",)) -> Issue:
    for language in languages:
        document = replace(read_issue(SAMPLE / f"sample.{language}.md"), number=number)
        issue = store_issue(document, publication=publication, now=NOW).issue
    return issue


def _sign(issue: Issue, team: dict[Role, User]) -> None:
    """Let the author sign and the language editor ask something."""
    for edition in Edition.objects.filter(issue=issue).select_related("issue__publication"):
        judge_edition(edition)
    edition = issue.editions.select_related("issue__publication").get(language="en")
    name = " ".join(TEAM[Role.AUTHOR])
    seal, user = seal_edition(edition), team[Role.AUTHOR]
    sign(edition, role=Role.AUTHOR, user=user, name=name, seen=seal, now=NOW)
    Comment.objects.create(
        edition=edition,
        anchor="what-the-reef-survey-found",
        block=1,
        excerpt="The third survey",
        text="61 or 62 divers?",
        name=" ".join(TEAM[Role.LANGUAGE]),
        at=NOW,
    )


def _create(issue: Issue, group: List, *, days: int) -> Mailing:
    return create_mailing(issue, lists=[group], now=NOW + dt.timedelta(days=days))


def _plan(mailing: Mailing, state: MailingState) -> None:
    """Give a mailing its time: the database's own clock would refuse a day that is past for it."""
    at = dt.datetime(2026, 3, 12, 7, 0, tzinfo=dt.UTC)
    fields = {"scheduled_at": at, "starts_at": at, "time_zone": "Europe/Oslo"}
    Mailing.objects.filter(pk=mailing.pk).update(state=state, **fields)


def _send(mailing: Mailing, *, waiting: int) -> Mailing:
    """Plan a mailing as a worker does, and have it accepted but for some who wait."""
    at = mailing.created_at
    schedule_mailing(mailing, at=dt.datetime.now(dt.UTC))  # the database's clock starts it
    start_due_mailings(now=at)
    Mailing.objects.filter(pk=mailing.pk).update(scheduled_at=at, starts_at=at)
    mailing.refresh_from_db()
    frozen = freeze_mailing(mailing, now=at)
    while mailing.state == MailingState.PLANNING:
        plan_slice(mailing, frozen, now=at)
    for number, row in enumerate(mailing.deliveries.filter(state="pending")[waiting:]):
        _settle(row, number, at)
    if not waiting:
        Batch.objects.filter(mailing=mailing).update(state=BatchState.DONE)
        finish_mailings(now=at + dt.timedelta(minutes=4))
    Mailing.objects.filter(pk=mailing.pk).update(started_at=at)
    mailing.refresh_from_db()
    return mailing


def _settle(row: Delivery, number: int, at: dt.datetime) -> None:
    """Let a message be accepted, or refused; let its reader open and click as readers do."""
    row.decided_at = at
    if number % 67 == 11:
        row.state, row.reply_code, row.reply_status = DeliveryState.FAILED, 550, "5.1.1"
        row.reply_text, row.reply_stage = "No such user here", "rcpt"
    else:
        row.state, row.reply_code, row.reply_text = DeliveryState.ACCEPTED, 250, "2.0.0 Ok"
        seen = at + dt.timedelta(minutes=11 * number % 1700 + 3)
        if number % 5 < 2:
            row.opened_at = seen
            _see(row, 0, seen)
        if number % 10 == 1:
            row.clicked_at = seen
            links = row.frozen_edition.links.order_by("number").values_list("number", flat=True)
            _see(row, links[number // 10 % len(links)], seen)
    row.save()


def _see(row: Delivery, number: int, at: dt.datetime) -> None:
    Signal.objects.create(
        delivery=row, number=number, by_machine=False, times=1, first_at=at, last_at=at
    )


def _complain(mailing: Mailing) -> int:
    """Let one reader call a mailing spam; return who it was."""
    row = mailing.deliveries.filter(state="accepted", opened_at__isnull=False)[3]
    at = NOW - dt.timedelta(days=26)
    Delivery.objects.filter(pk=row.pk).update(complained_at=at)
    Feedback.objects.create(
        delivery=row, kind="complaint", recipient=row.email, diagnostic="abuse", at=at
    )
    reason, origin = SuppressionReason.COMPLAINT, f"delivery:{row.pk}"
    suppress(row.email, reason=reason, origin=origin, now=at)
    return row.subscriber_id


def _make_segment(group: List) -> int:
    tests = [
        {"field": "country", "operator": "in", "value": ["NO"]},
        {
            "any": [
                {"field": "attributes.city", "operator": "equals", "value": "Bergen"},
                {"field": f"joined.{group.slug}", "operator": "after", "value": "2026-01-01"},
            ]
        },
    ]
    return Segment.objects.create(name="Bergen and newcomers", rule={"all": tests}).pk


def _upload(group: List) -> int:
    wish = Wish(group=group, basis="members, by the statutes", confirmed=True)
    return keep_import([FILE], name="members.csv", wish=wish, owner_id=None, now=NOW).pk
