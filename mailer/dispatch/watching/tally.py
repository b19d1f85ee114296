"""What senders count for whoever watches them: outcomes, deferrals by provider, what went wrong."""

from __future__ import annotations

from mailer.dispatch.limits.providers import provider_keys
from mailer.results.counters import open_counters
from mailer.types import Outcome, OutcomeKind

# Every domain of its own would be a label without bound; the ledger knows them all.
OTHER = "other"
LEASES_LOST = "leases_lost"
REPLAYED = "journal_replayed"
# Put together once: an Enum's value takes longer to look up than all else here.
COUNTED = {kind: f"outcomes:{kind.value}" for kind in OutcomeKind}
DEFERRED = OutcomeKind.DEFERRED


def tally_outcome(provider: str, outcome: Outcome) -> None:
    """Count what became of a message; a deferral by the provider that asked for it."""
    counters = open_counters()
    counters.add(COUNTED[outcome.kind])
    if outcome.kind is DEFERRED:
        counters.add(f"deferrals:{provider if provider in provider_keys() else OTHER}")


def tally_lost_lease() -> None:
    """Count a batch whose lease ran out in a worker's hands."""
    open_counters().add(LEASES_LOST)


def tally_replay(entries: int) -> None:
    """Count what a journal told that the ledger had not been told."""
    open_counters().add(REPLAYED, entries)


def write_tally(*, at_once: bool = False) -> None:
    """Let others see what was counted."""
    open_counters().write(at_once=at_once)
