"""The benchmark's figures, and who counted what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.benchmarks.options import Options
from tests.benchmarks.watch import Observation
from tests.rig.place import Place
from tests.rig.postfix_sink import Reference

if TYPE_CHECKING:
    from tests.benchmarks.perform import Check

MICROSECONDS = 1_000_000
METHOD = (
    "arrived: counted by the sink; accepted and states: by the ledger; lost and duplicates: the "
    "sink's count against the recipients, and each recipient by name where a counting sink saw "
    "them (checked); messages_per_second: from the first to the last arrival at the sink; "
    "cpu: user and system time of all processes of the program, ended ones too, from /proc, "
    "over accepted; reference: smtp-source through the same sink, half before, half after"
)


def gather(
    options: Options,
    place: Place,
    *,
    sink: str,
    octets: int,
    states: dict[str, int],
    seen: Observation,
    reference: Reference | None,
    check: Check,
) -> dict[str, object]:
    """Return all figures of a run, for a program or a table."""
    accepted = states.get("accepted", 0)
    rate = seen.arrived / (seen.last - seen.first) if seen.last > seen.first else 0.0
    costs = {name: seconds / max(accepted, 1) * MICROSECONDS for name, seconds in seen.cpu.items()}
    told = reference.messages_per_second if reference else 0.0
    return {
        "recipients": options.recipients,
        "octets": octets,
        "accepted": accepted,
        "states": states,
        "messages_per_second": round(rate, 1),
        "messages_per_second_from_start": round(accepted / seen.end, 1),
        "first_message_seconds": round(seen.first, 2),
        "seconds": round(seen.end, 2),
        "cpu_us_per_message": round(costs.pop("sender", 0.0), 1),
        "planner_cpu_us_per_message": round(costs.pop("worker", 0.0), 1),
        "other_cpu_us_per_message": {name: round(cost, 1) for name, cost in costs.items()},
        "peak_rss_mb": round(max(seen.peak_rss.values(), default=0.0), 1),
        "rss_mb": _tell_memory(seen),
        "reference_messages_per_second": round(told, 1),
        "reference_sessions": reference.sessions if reference else 0,
        "reference_messages": reference.messages if reference else 0,
        "ratio": round(rate / told, 3) if told else None,
        "lost": max(options.recipients - seen.arrived, 0) + check.lost,
        "duplicates": max(seen.arrived - options.recipients, 0) + check.duplicates,
        "unsigned": check.unsigned if options.dkim else 0,
        "checked": {
            "messages": check.messages,
            "unsigned": check.unsigned,
            "lost": check.lost,
            "twice": check.duplicates,
        },
        "senders": options.senders,
        "connections_allowed": options.connections or "as the sender chooses",
        "connections_open": seen.connections,
        "rtt_ms": options.rtt_ms,
        "dkim": options.dkim or "none",
        "sink": sink,
        "engines": place.engines.name,
        "method": METHOD,
    }


def tell_first(options: Options, place: Place, seen: Observation) -> dict[str, object]:
    """Return the figures of a run that ended at its first message."""
    return {
        "recipients": options.recipients,
        "first_message_seconds": round(seen.first, 2),
        "senders": options.senders,
        "engines": place.engines.name,
        "lost": 0,
        "duplicates": 0,
        "unsigned": 0,
    }


def _tell_memory(seen: Observation) -> dict[str, float]:
    """Return the largest sender's memory early, half-way and late in the mailing."""
    if not seen.rss:
        return {}
    places = {"early": 0.1, "half-way": 0.5, "late": 0.95}
    return {name: round(seen.rss[int(len(seen.rss) * at)], 1) for name, at in places.items()}
