"""The limits of one transport, read from the rows that an administrator fills in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from django.db.models import Q

from mailer.dispatch.limits.providers import provider_of
from mailer.dispatch.limits.throttle import Limit
from mailer.models import DomainLimit, Transport

Number = TypeVar("Number", int, float)

# The transport of MASTHEAD_SMTP_URL, which has no row.
DEFAULT_ID = 0
# What the transport itself is called among the scopes that are slowed down on it. No domain
# is called so.
WHOLE = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a transport may send: as a whole, and to each provider that has a limit."""

    transport_id: int
    whole: Limit
    providers: Mapping[str, tuple[Limit, ...]] = field(default_factory=dict)
    open_connections: int | None = None

    def of(self, provider: str) -> tuple[Limit, ...]:
        """Return every limit of a provider, this transport's own last."""
        shared = (each for each in self.providers.get(provider, ()) if not each.slowed_as)
        return (*shared, self.own(provider))

    def own(self, provider: str) -> Limit:
        """Return this transport's own limit for a provider; if none is set, one of nothing."""
        own = (each for each in self.providers.get(provider, ()) if each.slowed_as)
        return next(own, Limit(scope=f"{self.transport_id}:{provider}", slowed_as=provider))

    def all(self) -> list[Limit]:
        """Return every limit that is set for a provider."""
        return [limit for limits in self.providers.values() for limit in limits]


def load_limits(transport_id: int, *, now: dt.datetime) -> Limits:
    """Read the limits that hold for a transport on the day of ``now`` (UTC)."""
    row = Transport.objects.filter(pk=transport_id).first()
    whole = Limit(scope=f"{transport_id}:{WHOLE}", slowed_as=WHOLE)
    if row is not None:
        whole = Limit(
            scope=whole.scope,
            slowed_as=WHOLE,
            per_second=_as_float(row.messages_per_second),
            daily_cap=row.cap_on(now.astimezone(dt.UTC).date()),
        )
    return Limits(
        transport_id=transport_id,
        whole=whole,
        providers=_load_providers(transport_id),
        open_connections=row.open_connections if row else None,
    )


def _load_providers(transport_id: int) -> dict[str, tuple[Limit, ...]]:
    found: dict[str, dict[str, Limit]] = {}
    for row in DomainLimit.objects.filter(Q(transport=None) | Q(transport=transport_id)):
        # Who writes gmail.com means what googlemail.com shares with it.
        provider = provider_of(row.provider)
        limit = _read_limit(row, provider)
        limits = found.setdefault(provider, {})
        limits[limit.scope] = _merge(limits.get(limit.scope, limit), limit)
    return {provider: tuple(limits.values()) for provider, limits in found.items()}


def _read_limit(row: DomainLimit, provider: str) -> Limit:
    shared = row.transport_id is None
    return Limit(
        scope=f"all:{provider}" if shared else f"{row.transport_id}:{provider}",
        slowed_as="" if shared else provider,
        per_second=_as_float(row.messages_per_second),
        in_flight=row.in_flight,
        daily_cap=row.daily_cap,
    )


def _merge(one: Limit, other: Limit) -> Limit:
    """Return the stricter of two limits for the same scope, part by part."""
    return replace(
        one,
        per_second=_least(one.per_second, other.per_second),
        in_flight=_least(one.in_flight, other.in_flight),
        daily_cap=_least(one.daily_cap, other.daily_cap),
    )


def _least(one: Number | None, other: Number | None) -> Number | None:
    return min((each for each in (one, other) if each is not None), default=None)


def _as_float(value: object) -> float | None:
    return None if value is None else float(str(value))
