"""One reader's whole story: who they are, what they said, what they got, what came back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import F, Prefetch, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from mailer.models import Delivery, DeliveryState, Feedback
from mailer.types import FeedbackKind
from mailer.web.desk.entry import Desk, desk_page, show
from mailer.web.desk.people.paging import cut_page
from mailer.web.desk.people.reach import (
    find_person,
    find_places,
    is_theirs_alone,
    reaches_all,
    read_lists,
)
from mailer.web.desk.permissions import Act
from subscribers.flags import flag
from subscribers.models import ConsentRecord, Subscriber, Suppression
from subscribers.suppression import domain_of

SHOWN_RECORDS = 200
CAME_BACK = (FeedbackKind.BOUNCE, FeedbackKind.COMPLAINT, FeedbackKind.UNSUBSCRIBE)
FATES: dict[str, str] = {
    DeliveryState.PENDING: "waits to be sent",
    DeliveryState.ACCEPTED: "accepted by the reader’s server",  # noqa: RUF001
    DeliveryState.DEFERRED: "put off by the reader’s server, tried again by itself",  # noqa: RUF001
    DeliveryState.FAILED: "refused",
    DeliveryState.UNCERTAIN: "uncertain: the reply was never seen",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A mailing as it went for one reader, in words; ``events`` are what came after, with times."""

    delivery: Delivery
    fate: str
    events: list[tuple[str, object]]


@desk_page(Act.PEOPLE)
def show_reader(request: HttpRequest, desk: Desk, person_id: int) -> HttpResponse:
    """Show all that is known of a reader of this publication."""
    person = find_person(desk, person_id)
    places = find_places(desk).filter(subscriber=person).select_related("list")
    page = cut_page(_find_deliveries(desk, person), request.GET)
    suppressions = find_own_suppressions(desk, person).select_related("list")
    return show(
        request,
        desk,
        "people/reader",
        person=person,
        marks=flag(person.email_normalised),
        places=places.order_by("list__name"),
        records=_find_records(desk, person)[:SHOWN_RECORDS],
        page=page,
        sent=[_tell(each) for each in page.rows],
        suppressions=suppressions,
        lists=read_lists(desk),
        reaches_all=reaches_all(desk),
        is_theirs_alone=is_theirs_alone(desk, person),
        now=timezone.now(),
    )


def find_own_suppressions(desk: Desk, person: Subscriber) -> QuerySet[Suppression]:
    """Return what keeps a person from being written to by this publication."""
    scopes = (person.email_normalised, domain_of(person.email_normalised))
    own = Q(list=None) | Q(list__in=read_lists(desk))
    return Suppression.objects.filter(own, email_normalised__in=scopes).order_by("id")


def _find_records(desk: Desk, person: Subscriber) -> QuerySet[ConsentRecord]:
    """Return the evidence about this publication's lists; an address' change names no list."""
    slugs = [*(each.slug for each in read_lists(desk)), ""]
    records = ConsentRecord.objects.of_person(person, person.email_normalised)
    return records.filter(list_slug__in=slugs).order_by("-id")


def _find_deliveries(desk: Desk, person: Subscriber) -> QuerySet[Delivery]:
    feedback = Feedback.objects.filter(kind__in=CAME_BACK).order_by("id")
    return (
        Delivery.objects.filter(subscriber=person, mailing__issue__publication=desk.publication)
        .select_related("mailing__issue__publication", "list")
        .annotate(language=F("frozen_edition__language"))
        .prefetch_related(Prefetch("feedback", queryset=feedback, to_attr="reports"))
    )


def _tell(delivery: Delivery) -> Sent:
    if delivery.state == DeliveryState.SKIPPED:
        note = f" ({delivery.note})" if delivery.note else ""
        fate = f"left out: {delivery.get_skip_reason_display()}{note}"
    else:
        fate = FATES[delivery.state]
    return Sent(delivery=delivery, fate=fate, events=list(_list_events(delivery)))


def _list_events(delivery: Delivery) -> Iterable[tuple[str, object]]:
    """Yield what came after, each with its time; what is not counted is not there."""
    for what, at in (
        ("opened", delivery.opened_at),
        ("clicked", delivery.clicked_at),
        ("came back", delivery.bounced_at),
        ("called spam", delivery.complained_at),
        ("unsubscribed", delivery.unsubscribed_at),
    ):
        if at is not None:
            yield what, at
