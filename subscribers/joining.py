"""Answering what was sent in by the public forms, where no reader waits for it.

The forms only write down what was asked (``SignUp``). Here it is looked up who that is, the
evidence is kept, and the letter that is due is written down: to confirm, or that nothing is
left to do, or of welcome. Whether anything was sent is told to the address alone.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence

from django.db import transaction

from subscribers import consent
from subscribers.addresses import find_mailbox
from subscribers.consent import Evidence
from subscribers.erasure import find_erased, remember
from subscribers.models import (
    ConsentAction,
    List,
    Notice,
    NoticeKind,
    SignUp,
    Subscriber,
    Subscription,
    SubscriptionState,
)
from subscribers.suppression import find_held

# Of letters that anybody can have sent to anybody's address, one in this time is enough.
ONE_LETTER = dt.timedelta(days=1)
# A link that is found later, by whoever reads the mailbox then, confirms nothing.
CONFIRM_WITHIN = dt.timedelta(days=7)
UNASKED = (NoticeKind.CONFIRM, NoticeKind.KNOWN, NoticeKind.NEW_ADDRESS)
MOST_AT_ONCE = 100
CONFIRMED, UNCONFIRMED = SubscriptionState.CONFIRMED, SubscriptionState.UNCONFIRMED


def answer_sign_ups(*, now: dt.datetime) -> int:
    """Answer the forms that are due, each in its own transaction; return how many there were."""
    due = SignUp.objects.filter(due_at__lte=now).order_by("due_at", "id")
    ids = list(due.values_list("pk", flat=True)[:MOST_AT_ONCE])
    for pk in ids:
        with transaction.atomic():
            sign_up = SignUp.objects.select_for_update(skip_locked=True).filter(pk=pk).first()
            if sign_up is not None:
                _answer(sign_up, now=now)
                sign_up.delete()
    return len(ids)


def confirm_notice(notice: Notice, *, evidence: Evidence, now: dt.datetime) -> list[Subscription]:
    """Confirm what a letter asked to confirm, and no more; return the places that are confirmed.

    Following the link again changes nothing, and does not bring back who has left meanwhile.
    A person who was erased and confirms is let in again. Nobody else's suppression is lifted.
    """
    with transaction.atomic():
        places = list(find_places(notice))
        fresh = [place for place in places if consent.confirm(place, evidence=evidence, now=now)]
        if fresh:
            remember(notice.email_normalised)
            owe_welcome(fresh, language=notice.language, now=now)
    return [place for place in places if place.state == CONFIRMED]


def find_places(notice: Notice) -> Iterable[Subscription]:
    """Return the places of a letter's reader on the lists that the letter speaks of."""
    places = Subscription.objects.filter(subscriber=notice.subscriber_id, list_id__in=notice.lists)
    return places.select_related("subscriber", "list").order_by("list__name")


def is_expired(notice: Notice, *, now: dt.datetime) -> bool:
    """Tell whether a letter's link is too old to confirm anything."""
    return notice.created_at < now - CONFIRM_WITHIN


def owe_welcome(places: Sequence[Subscription], *, language: str, now: dt.datetime) -> None:
    """Write down that a person is to be welcomed by those lists that do so."""
    welcoming = [place for place in places if place.list.welcome]
    if welcoming:
        owe(NoticeKind.WELCOME, welcoming, language=language, now=now)


def owe(
    kind: NoticeKind, places: Sequence[Subscription], *, language: str, now: dt.datetime
) -> Notice:
    """Write down a letter to a person about lists they are on, or are to be on."""
    person = places[0].subscriber
    return Notice.objects.create(
        kind=kind,
        subscriber=person,
        email=person.email,
        email_normalised=person.email_normalised,
        mailbox=find_mailbox(person.email_normalised),
        language=person.language or language,
        lists=[place.list_id for place in places],
        created_at=now,
        due_at=now,
    )


def has_had_letter(email_normalised: str, *, now: dt.datetime) -> bool:
    """Tell whether a mailbox has had a letter lately that anybody could have asked for."""
    letters = Notice.objects.filter(
        mailbox=find_mailbox(email_normalised), created_at__gt=now - ONE_LETTER
    )
    return letters.filter(kind__in=UNASKED).exists()


def _answer(sign_up: SignUp, *, now: dt.datetime) -> None:
    address = sign_up.email_normalised
    held = {scope for scope, _ in find_held(address, now=now)}
    if None in held:
        return  # who complained, or can't be reached, is not written to on anybody's word
    must_confirm = bool(find_erased([address]))
    places = _place(sign_up, besides=held, must_confirm=must_confirm, now=now)
    if not places:
        return
    # One at a time for a person: of two forms in the same moment one letter comes.
    Subscriber.objects.select_for_update().get(pk=places[0].subscriber_id)
    waiting = [place for place in places if place.state == UNCONFIRMED]
    fresh = [p for p in places if p.state == CONFIRMED and p.changed_at == now]
    owe_welcome(fresh, language=sign_up.language, now=now)
    if (waiting or not fresh) and not has_had_letter(address, now=now):
        kind = NoticeKind.CONFIRM if waiting else NoticeKind.KNOWN
        owe(kind, waiting or places, language=sign_up.language, now=now)


def _place(
    sign_up: SignUp, *, besides: Collection[int | None], must_confirm: bool, now: dt.datetime
) -> list[Subscription]:
    """Put the person on the lists that were asked for, as far as everybody may join them.

    Not on those ``besides``, which must not write to them: no letter tells that they must not.
    """
    evidence = Evidence(
        method=sign_up.method,
        ip_address=sign_up.ip_address,
        form_version=sign_up.form_version,
    )
    wanted = [pk for pk in sign_up.lists if pk not in besides]
    groups = List.objects.filter(pk__in=wanted, public=True)
    return [
        consent.subscribe(
            sign_up.email,
            group,
            evidence=evidence,
            now=now,
            must_confirm=must_confirm,
            name=sign_up.name,
            language=sign_up.language,
        )
        for group in groups.order_by("name")
    ]


def record_sent(notice: Notice, *, now: dt.datetime) -> None:
    """Keep the evidence that a letter which asks for confirmation has left."""
    if notice.kind == NoticeKind.CONFIRM:
        for place in find_places(notice):
            consent.note(place, ConsentAction.CONFIRMATION_SENT, Evidence(method="letter"), now=now)
