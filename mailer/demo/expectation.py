"""What a mailing must come to, worked out from the people and the world alone.

Nothing here reads the sender's database: it is the other side of the books.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mailer.demo.behaviour import Behaviour
from mailer.demo.people import Person, Standing

# Why a person's subscriptions are skipped after what they did with the last mailing: that
# of the list it came through, and any other.
AFTERWARDS: dict[Behaviour, tuple[str, str]] = {
    Behaviour.REFUSES: ("suppressed", "suppressed"),
    Behaviour.BOUNCES: ("suppressed", "suppressed"),
    Behaviour.COMPLAINS: ("unsubscribed", "suppressed"),
    Behaviour.LEAVES: ("unsubscribed", ""),
}
BY_STANDING = {
    Standing.UNCONFIRMED: "unconfirmed",
    Standing.LEFT: "unsubscribed",
    Standing.CONFIRMED: "",
}


@dataclass(slots=True)
class Expectation:
    """How many subscriptions there are, why some are skipped, and who must be reached."""

    audience: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    recipients: set[str] = field(default_factory=set)


def expect(people: Sequence[Person], gone: Mapping[str, Behaviour]) -> Expectation:
    """Return what a mailing to everybody's lists and the segment must come to.

    ``gone`` are those whom an earlier mailing found out about, by address in lower case.
    """
    expected = Expectation()
    for person in people:
        reached = False
        for place in range(len(person.lists)):
            expected.audience += 1
            reason = _find_reason(person, place, gone)
            if not reason and reached:
                reason = "duplicate"
            if reason:
                expected.skipped[reason] += 1
                continue
            reached = True
            expected.recipients.add(person.email.lower())
    return expected


def _find_reason(person: Person, place: int, gone: Mapping[str, Behaviour]) -> str:
    reason = BY_STANDING[person.standing]
    if not reason and person.email.lower() in gone:
        first, other = AFTERWARDS[gone[person.email.lower()]]
        reason = other if place else first
    if not reason and not person.is_in_segment:
        reason = "not_in_segment"
    return reason
