"""A delivery that is due, as a worker reads it from the ledger."""

from __future__ import annotations

from typing import NamedTuple


class DueDelivery(NamedTuple):
    """A delivery that may be sent now, as lean as can be: a worker reads thousands a second."""

    pk: int
    subscriber_id: int | None
    list_id: int
    email: str
    name: str
    frozen_edition_id: int
    attempts: int
