"""The gate that each message passes before it is handed over: may it leave now, or when?

A worker process keeps one gate for each transport. Where no limit is set and nobody has asked
us to slow down, a message passes for the price of a dictionary's look-up, and Redis is asked
once a second for all of them what has been slowed down meanwhile.
"""

from __future__ import annotations

import datetime as dt
import os
import secrets
import socket
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from mailer.dispatch.limits.bucket import Permits, Slots
from mailer.dispatch.limits.rows import WHOLE, Limits, load_limits
from mailer.dispatch.limits.throttle import Limit, Slowed, Throttle, open_throttle
from mailer.transport.smtp.replies import classify
from mailer.types import Outcome, OutcomeKind, Reason, Reply, Stage

# Others learn within this time that a provider asked us to slow down.
LOOK_SECONDS = 1.0
# A changed limit takes hold within this time.
RELOAD_SECONDS = 10.0
# A provider without a limit has the rate at which it was sent to in this time.
PACE_SECONDS = 5.0

# Refusals for now that concern one mailbox say nothing of the others there.
OF_ONE_MAILBOX = frozenset(
    {
        Reason.MAILBOX_FULL,
        Reason.DISABLED,
        Reason.UNKNOWN_ADDRESS,
        Reason.UNKNOWN_DOMAIN,
        Reason.TOO_LARGE,
    }
)
# A refusal before the server knew the recipient is the transport's matter, as a whole.
BEFORE_THE_RECIPIENT = frozenset({Stage.MAIL})
OF_A_MESSAGE = frozenset({Stage.MAIL, Stage.RCPT, Stage.DATA, Stage.DOT})


# What a message has to pass. Each says in ``wait`` how long, and is used up by ``take``.
Checks = tuple[Slots | Permits, ...]


@dataclass(slots=True)
class Gate:
    """Admit messages of one transport within its limits. ``clock`` is monotonic, in seconds.

    Call ``tick`` several times a second, also while nothing is sent. Everything but
    ``finish`` and ``delay`` raises LimitsUnavailable when Redis does not answer.
    """

    throttle: Throttle
    load: Callable[[], Limits]
    worker: str
    clock: Callable[[], float] = time.monotonic
    _limits: Limits = field(init=False)
    _slowed: dict[str, Slowed] = field(init=False, default_factory=dict)
    _slots: dict[str, Slots] = field(init=False, default_factory=dict)
    _permits: dict[str, Permits] = field(init=False, default_factory=dict)
    _common: Checks = field(init=False, default=())
    _special: dict[str, Checks] = field(init=False, default_factory=dict)
    _pace: Counter[str] = field(init=False, default_factory=Counter)
    _last_pace: Counter[str] = field(init=False, default_factory=Counter)
    _accepted: Counter[str] = field(init=False, default_factory=Counter)
    _looks_at: float = field(init=False, default=0.0)
    _looked_ms: int = field(init=False, default=0)
    _reloads_at: float = field(init=False, default=0.0)
    _pace_since: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        self._pace_since = now = self.clock()
        self._reloads_at = now + RELOAD_SECONDS
        self._limits = self.load()
        self._prepare_all()
        self._look(now)

    @classmethod
    def open(cls, transport_id: int) -> Gate:
        """Return a gate for a transport, 0 being that of the settings."""
        worker = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        load = partial(_load_today, transport_id)
        return cls(throttle=open_throttle(transport_id), load=load, worker=worker)

    def admit(self, provider: str) -> float:
        """Return 0.0 if a message to this provider may be handed over now, else the seconds.

        What was admitted counts as handed over, and as under way until ``finish``.
        """
        checks = self._special.get(provider, self._common)
        for check in checks:
            wait = check.wait()
            if wait > 0:
                return wait
        for check in checks:
            check.take()
        self._pace[provider] += 1
        return 0.0

    def finish(self, provider: str) -> None:
        """Say that an admitted message is under way no more, whatever became of it."""
        for check in self._special.get(provider, self._common):
            if isinstance(check, Permits):
                check.finish()

    def report(self, provider: str, outcome: Outcome) -> None:
        """Slow a provider down that refuses for now, and take up speed as it accepts again."""
        if outcome.kind is OutcomeKind.ACCEPTED:
            if self._slowed:
                self._accepted.update(each for each in (provider, WHOLE) if each in self._slowed)
        elif asks_to_slow_down(outcome.reply):
            whole = outcome.reply.stage in BEFORE_THE_RECIPIENT
            self._slow_down(WHOLE if whole else provider)

    def delay(self, provider: str, position: int) -> float:
        """Return the seconds after which the message at ``position`` of those that wait may leave.

        For giving back deliveries at different times, instead of all at once. It reserves
        nothing and asks nobody.
        """
        checks = self._special.get(provider, self._common)
        return max((each.delay(position) for each in checks if isinstance(each, Slots)), default=0)

    @property
    def limits_connections(self) -> bool:
        """Tell whether all workers share a number of connections."""
        return self._limits.open_connections is not None

    def hold_connections(self, wanted: int) -> int:
        """Hold the right to this many open connections, or fewer if no more are to be had.

        All workers of a transport share its limit; 0 means to ask again shortly.
        """
        limit = self._limits.open_connections
        if limit is None:
            return wanted
        permits = self._permit(self._connections, limit)
        permits.in_use = permits.ask(wanted)
        return permits.in_use

    def tick(self) -> None:
        """Do what is due: look what is slowed down, renew leases, read changed limits."""
        now = self.clock()
        if now < self._looks_at:
            return
        for name, accepted in self._accepted.items():
            self.throttle.recover(name, accepted)
        self._accepted.clear()
        for permits in self._permits.values():
            permits.tick()
        if now - self._pace_since >= PACE_SECONDS:
            self._last_pace, self._pace, self._pace_since = self._pace, Counter(), now
        if now >= self._reloads_at:
            self._reload(now)
        self._look(now)

    def close(self) -> None:
        """Give everything back that is held and not used."""
        for slots in self._slots.values():
            slots.give_back()
        for permits in self._permits.values():
            permits.give_back()

    @property
    def _connections(self) -> str:
        return f"{self._limits.transport_id}:connections"

    def _slow_down(self, name: str) -> None:
        limit = self._limits.whole if name == WHOLE else self._limits.own(name)
        slowed = self.throttle.slow(name, limit.per_second or self._observed(name))
        if limit.scope in self._slots:
            self._slots[limit.scope].drop()
        self._learn({name: slowed})

    def _observed(self, name: str) -> float:
        """Return the messages a second that were admitted here of late, to all or to one."""
        elapsed = max(self.clock() - self._pace_since, 1.0)
        if name == WHOLE:
            counts = self._pace.total() / elapsed, self._last_pace.total() / PACE_SECONDS
        else:
            counts = self._pace[name] / elapsed, self._last_pace[name] / PACE_SECONDS
        return max(*counts, 1.0)

    def _reload(self, now: float) -> None:
        self._reloads_at = now + RELOAD_SECONDS
        limits = self.load()
        if limits == self._limits:
            return
        self._limits = limits
        self._prepare_all()
        limited = {each.scope for each in self._limits.all() if each.in_flight}
        for scope in self._permits.keys() - limited - {self._connections}:
            self._permits.pop(scope).give_back()

    def _look(self, now: float) -> None:
        """See what is slowed down, or no more, and what messages there must pass then."""
        self._looks_at = now + LOOK_SECONDS
        self._looked_ms, changed = self.throttle.look(self._looked_ms)
        self._learn(changed)

    def _learn(self, changed: Mapping[str, Slowed | None]) -> None:
        for name, slowed in changed.items():
            if slowed is None:
                self._slowed.pop(name, None)
            else:
                self._slowed[name] = slowed
        if WHOLE in changed:
            self._prepare_all()
        else:
            for name in changed:
                self._prepare(name)

    def _prepare_all(self) -> None:
        self._common = self._slots_of(self._limits.whole)
        for name in {*self._special, *self._limits.providers, *self._slowed} - {WHOLE}:
            self._prepare(name)

    def _prepare(self, provider: str) -> None:
        """Settle what messages to a provider must pass."""
        if provider in self._limits.providers or provider in self._slowed:
            # The transport's slot comes last: none is reserved for a provider that must wait.
            self._special[provider] = (*self._checks_of(provider), *self._common)
            return
        self._special.pop(provider, None)
        self._slots.pop(self._limits.own(provider).scope, None)

    def _checks_of(self, provider: str) -> Checks:
        limits = self._limits.of(provider)
        permits = (self._permit(each.scope, each.in_flight) for each in limits if each.in_flight)
        slots = (slots for limit in limits for slots in self._slots_of(limit))
        return (*slots, *permits)

    def _slots_of(self, limit: Limit) -> tuple[Slots, ...]:
        """Return the slots of a limit, if it limits anything now."""
        slowed = self._slowed.get(limit.slowed_as)
        if limit.per_second is None and limit.daily_cap is None and slowed is None:
            return ()
        slots = self._slots.setdefault(limit.scope, Slots(limit, self.throttle, self.clock))
        rates = [limit.per_second, slowed.rate if slowed else None]
        slots.limit = limit
        slots.per_second = min((rate for rate in rates if rate is not None), default=None)
        return (slots,)

    def _permit(self, scope: str, limit: int) -> Permits:
        fresh = Permits(scope, limit, self.worker, self.throttle, self.clock)
        permits = self._permits.setdefault(scope, fresh)
        permits.limit = limit
        return permits


def asks_to_slow_down(reply: Reply) -> bool:
    """Say whether a reply asks us for less: a refusal for now that is not about one mailbox."""
    if reply.stage not in OF_A_MESSAGE or reply.code // 100 != 4:
        return False
    return reply.code == 421 or classify(reply).reason not in OF_ONE_MAILBOX


def _load_today(transport_id: int) -> Limits:
    return load_limits(transport_id, now=dt.datetime.now(tz=dt.UTC))
