"""A mailing's books: the ledger held against what the counting sink wrote down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mailer.models import Delivery, DeliveryState, Mailing
from tests.rig.arrivals import Arrival, find_repeated


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """Lost: to be reached, and neither arrived nor refused; wrong: the ledger says otherwise."""

    arrivals: Sequence[Arrival]
    lost: int
    repeated: dict[str, int]
    wrong: int
    states: dict[str, int]

    @property
    def duplicates(self) -> int:
        """Return how many messages came to somebody who had it already."""
        return sum(self.repeated.values())


def settle(mailing: Mailing, arrivals: Sequence[Arrival]) -> Books:
    """Hold the two against one another, person by person."""
    rows = Delivery.objects.filter(mailing=mailing).values_list("email", "state", "reply_code")
    arrived = {each.recipient for each in arrivals}
    lost = wrong = 0
    for email, state, code in rows:
        is_accepted = state == DeliveryState.ACCEPTED
        excused = state == DeliveryState.SKIPPED or (state == DeliveryState.FAILED and code)
        lost += email not in arrived and not excused
        wrong += is_accepted != (email in arrived)
    return Books(
        arrivals=arrivals,
        lost=lost,
        repeated=find_repeated(arrivals),
        wrong=wrong,
        states=Delivery.objects.filter(mailing=mailing).count_by_state(),
    )
