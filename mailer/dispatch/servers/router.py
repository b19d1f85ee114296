"""Which mail server the next messages leave by, and which are left alone because they fail.

The choice is by weight among those that are enabled and healthy. Health stands in the
database, where every worker and every administrator sees it. A server that fails is left
alone for a time that grows with each failure; then one attempt shows whether it is back.
"""

from __future__ import annotations

import datetime as dt
import time
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from random import Random, SystemRandom

from django.conf import settings
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Now

from mailer.dispatch.limits.rows import DEFAULT_ID
from mailer.errors import InvalidSetting, UnreadableSecret
from mailer.models import Transport
from mailer.models.transport import describe
from mailer.transport.smtp.config import SmtpConfig
from mailer.types import Outcome, OutcomeKind, Reply, Stage

DEFAULT_NAME = "default"
# A server that restarts is back in seconds; one that is down for hours is asked four times an
# hour. What only a person can mend (a login, a certificate) is not asked more often than that.
FIRST_REST_SECONDS = 5.0
LONGEST_REST_SECONDS = 900.0
# A server that refuses this many messages in a row before it knows to whom they go refuses us.
MOST_IN_A_ROW = 20
LONGEST_PROBLEM = 1_000

# What stands behind a failed connection, by the stage at which it ended, and the remedy.
PROBLEMS: dict[Stage, str] = {
    Stage.CONNECT: "It can't be reached, or turns us away: check host, port and firewall.",
    Stage.EHLO: "It turns us away as it is greeted: check the name that we give (name=…).",
    Stage.TLS: "No protected connection can be had: check its certificate, and tls=… .",
    Stage.AUTH: "It refuses our login: enter user and password anew.",
    Stage.MAIL: "It refuses our sender, whoever the recipient: ask who runs it.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """A mail server that was chosen; ``id`` is its row's, or 0 for that of the settings."""

    id: int
    name: str
    config: SmtpConfig


@dataclass(slots=True)
class Router:
    """Choose among servers, and learn how they fare. One for each worker process."""

    random: Random = field(default_factory=SystemRandom)
    clock: Callable[[], float] = time.monotonic
    _in_a_row: Counter[int] = field(init=False, default_factory=Counter)
    # The server of the settings has no row, and no other to fail over to: each process finds
    # out for itself how it fares.
    _default_failures: int = field(init=False, default=0)
    _default_retry_at: float = field(init=False, default=0.0)

    def choose_transport(self, *, exclude: Collection[int] = ()) -> Relay | None:
        """Return a server for the next messages, or None if there is none to be had now.

        ``exclude`` has the ids of those that are not wanted, such as one whose day is full.
        """
        rows = list(Transport.objects.all())
        if not rows:
            return self._choose_default(exclude)
        resting = Transport.objects.filter(retry_at__gt=Now()).values_list("pk", flat=True)
        left_out = {*resting, *exclude}
        usable = [row for row in rows if row.enabled and row.pk not in left_out]
        while usable:
            row = self._draw(usable)
            try:
                return Relay(id=row.pk, name=row.name, config=row.config())
            except (InvalidSetting, UnreadableSecret) as error:
                _rest(row, describe(error), permanent=True)
                usable.remove(row)
        return None

    def report_connection(self, relay: Relay, ok: bool, reply: Reply | None = None) -> None:
        """Learn that a connection came about, or how it failed.

        ``ok`` makes a server that failed healthy again. Failures of many workers at once are
        one: whoever comes second finds the server resting already.
        """
        if ok:
            self._in_a_row[relay.id] = 0
            self._recover(relay)
        elif reply is not None:
            self._fail(relay, reply)

    def report_outcome(self, relay: Relay, outcome: Outcome) -> None:
        """Learn what became of a message: too many refusals of our sender in a row are a failure.

        A connection that ended early counts at once.
        """
        reply = outcome.reply
        if outcome.kind is OutcomeKind.ACCEPTED or reply.stage not in PROBLEMS:
            self._in_a_row[relay.id] = 0
        elif reply.stage is not Stage.MAIL:
            self._fail(relay, reply)
        elif reply.code:
            self._in_a_row[relay.id] += 1
            if self._in_a_row[relay.id] >= MOST_IN_A_ROW:
                self._in_a_row[relay.id] = 0
                self._fail(relay, reply)

    def _draw(self, rows: list[Transport]) -> Transport:
        weighted = [row for row in rows if row.weight]
        if not weighted:
            return self.random.choice(rows)
        return self.random.choices(weighted, [row.weight for row in weighted])[0]

    def _choose_default(self, exclude: Collection[int]) -> Relay | None:
        if DEFAULT_ID in exclude or self.clock() < self._default_retry_at:
            return None
        config = SmtpConfig.from_url(settings.SMTP_URL)
        return Relay(id=DEFAULT_ID, name=DEFAULT_NAME, config=config)

    def _recover(self, relay: Relay) -> None:
        if relay.id == DEFAULT_ID:
            self._default_failures, self._default_retry_at = 0, 0.0
            return
        Transport.objects.filter(pk=relay.id, failures__gt=0).update(
            failures=0, failing_since=None, retry_at=None, problem=""
        )

    def _fail(self, relay: Relay, reply: Reply) -> None:
        permanent = is_permanent(reply)
        if relay.id == DEFAULT_ID:
            if self.clock() >= self._default_retry_at:
                seconds = rest_seconds(self._default_failures, permanent=permanent)
                self._default_failures += 1
                self._default_retry_at = self.clock() + seconds
            return
        row = Transport.objects.filter(pk=relay.id).first()
        if row is not None:
            _rest(row, explain(reply), permanent=permanent)


def is_permanent(reply: Reply) -> bool:
    """Say whether only a person can mend a failed connection: a 5yz, or no trust in its TLS."""
    return reply.code // 100 == 5 or (reply.stage is Stage.TLS and "certificate" in reply.text)


def explain(reply: Reply) -> str:
    """Say in plain words what is wrong with a server, quoting it."""
    words = PROBLEMS.get(reply.stage, "The connection broke: look whether it is overloaded.")
    return f"{words} It said: {reply}"[:LONGEST_PROBLEM]


def rest_seconds(failures: int, *, permanent: bool) -> float:
    """Return for how long a server is left alone after ``failures`` earlier ones in a row."""
    if permanent:
        return LONGEST_REST_SECONDS
    # The exponent is bounded, as a number of days' failures would be too large a power.
    return min(FIRST_REST_SECONDS * 2.0 ** min(failures, 16), LONGEST_REST_SECONDS)


def _rest(row: Transport, problem: str, *, permanent: bool) -> None:
    """Leave a server alone, unless somebody found it failing just before and did so already."""
    rest = dt.timedelta(seconds=rest_seconds(row.failures, permanent=permanent))
    Transport.objects.filter(
        Q(retry_at=None) | Q(retry_at__lte=Now()), pk=row.pk, failures=row.failures
    ).update(
        failures=F("failures") + 1,
        failing_since=Coalesce(F("failing_since"), Now()),
        retry_at=Now() + rest,
        problem=problem,
    )
