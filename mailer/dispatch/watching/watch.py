"""The watch over a mailing: too many refusals pause it, with a reason that an editor understands.

What providers say about the sender or the content (spam, blocked, not authenticated) is never
the readers' fault, and sending on makes it worse. So are many dead addresses: a list that
nobody has looked after costs the sender's name with every provider.

Each recording adds its outcomes to a window of the last ones, in Redis, for the mailing and for
each known provider. A mailing that is resumed has fresh windows.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import redis
from django.conf import settings

from mailer.dispatch.limits.providers import provider_keys
from mailer.errors import InvalidTransition, LimitsUnavailable
from mailer.models import Mailing, MailingState
from mailer.transport.smtp.replies import classify
from mailer.types import Outcome, OutcomeKind, Reason

# The windows' length: a few seconds of a fast mailing, so that a block is noticed while most of
# the messages are still here.
WINDOW = 200
# Fewer outcomes say nothing, however they are.
FEWEST_FOR_REFUSALS = 50
MOST_REFUSED = 0.20
FEWEST_FOR_DEAD = 200
MOST_DEAD = 0.10
KEPT_SECONDS = 86_400
LONGEST_QUOTE = 200

# Each reason that is about us: what it means, and what to do.
REFUSALS: dict[Reason, tuple[str, str]] = {
    Reason.SPAM: (
        "takes them for spam",
        "Look at the content and at where the list came from, and ask about our reputation there",
    ),
    Reason.BLOCKED: (
        "blocks our mail server or our domain",
        "Ask your administrator to write to the provider, or to send by another server",
    ),
    Reason.AUTHENTICATION: (
        "can't verify that they come from us",
        "Ask your administrator to check the SPF, DKIM and DMARC records of the sender's domain",
    ),
    Reason.CONTENT: (
        "refuses something in the content",
        "Look at the links and the pictures of the issue",
    ),
}
# Statuses that say little for now: greylisting uses them, and means nothing by them.
VAGUE_FOR_NOW = ("4.7.0", "4.7.1")
GOOD = "good"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A failure as a window keeps it; without a reason the address is dead."""

    provider: str
    reason: Reason | None
    words: str


class Watch:
    """Count outcomes of mailings, over one Redis connection."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    def count(self, mailing: Mailing, outcomes: Iterable[tuple[str, Outcome]]) -> str | None:
        """Count outcomes, each with its provider; return why the mailing must pause, if it must.

        Raises LimitsUnavailable if Redis does not answer.
        """
        lines: defaultdict[str, list[str]] = defaultdict(list)
        troubled = set()
        for provider, outcome in outcomes:
            line = _write(provider, outcome)
            if line is None:
                continue
            windows = ("", provider) if provider in provider_keys() else ("",)
            for window in windows:
                lines[window].append(line)
                if line != GOOD:
                    troubled.add(window)
        try:
            self._push(mailing, lines)
            return self._judge(mailing, sorted(troubled))
        except redis.RedisError as error:
            raise LimitsUnavailable(f"Refusals can't be counted: {error}.") from error

    def _push(self, mailing: Mailing, lines: dict[str, list[str]]) -> None:
        if not lines:
            return
        with self._client.pipeline(transaction=False) as pipe:
            for window, entries in lines.items():
                key = _key(mailing, window)
                pipe.lpush(key, *entries[-WINDOW:])
                pipe.ltrim(key, 0, WINDOW - 1)
                pipe.expire(key, KEPT_SECONDS)
            pipe.execute()

    def _judge(self, mailing: Mailing, windows: Sequence[str]) -> str | None:
        for window in windows:
            stored: Any = self._client.lrange(_key(mailing, window), 0, -1)
            failures = [failure for failure in map(_read, stored) if failure is not None]
            reason = judge(failures, total=len(stored), whole=not window)
            if reason is not None:
                return reason
        return None


def judge(failures: Sequence[Failure], *, total: int, whole: bool) -> str | None:
    """Return in plain words why a mailing must pause, if so many failures of ``total`` are so.

    Dead addresses are counted over the ``whole`` mailing alone: one provider that has closed
    down is no reason to keep the issue from everybody else.
    """
    refused = [failure for failure in failures if failure.reason is not None]
    if total >= FEWEST_FOR_REFUSALS and len(refused) > MOST_REFUSED * total:
        return _tell_refused(refused, total)
    dead = [failure for failure in failures if failure.reason is None]
    if whole and total >= FEWEST_FOR_DEAD and len(dead) > MOST_DEAD * total:
        return _tell_dead(dead, total)
    return None


def pause_troubled(mailing: Mailing, reason: str) -> bool:
    """Pause a mailing that is being sent, with the reason, and say whether it was this call."""
    try:
        mailing.move(MailingState.PAUSED, problem=reason)
    except InvalidTransition:
        return False
    return True


def open_watch() -> Watch:
    """Return a watch on the Redis server of the settings."""
    return Watch(redis.Redis.from_url(settings.REDIS_URL, socket_timeout=10))


def _write(provider: str, outcome: Outcome) -> str | None:
    """Return an outcome as a window keeps it, or None if it says nothing about us or the list."""
    if outcome.kind is OutcomeKind.ACCEPTED:
        return GOOD
    reply = outcome.reply
    if outcome.kind is OutcomeKind.UNCERTAIN or not reply.code:
        return None
    verdict = classify(reply)
    refused = verdict.reason in REFUSALS and reply.status not in VAGUE_FOR_NOW
    if outcome.kind is OutcomeKind.DEFERRED and not refused:
        return None
    if not refused and not verdict.permanent:
        return GOOD
    reason = verdict.reason.value if refused else ""
    return json.dumps([provider, reason, str(reply)[:LONGEST_QUOTE]])


def _read(line: bytes) -> Failure | None:
    if line == GOOD.encode():
        return None
    provider, reason, words = json.loads(line)
    return Failure(provider=provider, reason=Reason(reason) if reason else None, words=words)


def _tell_refused(refused: Sequence[Failure], total: int) -> str:
    provider, times = _commonest(refused)
    last = next(failure for failure in refused if failure.provider == provider)
    meaning, remedy = REFUSALS[last.reason or Reason.BLOCKED]
    return (
        f"The mailing is paused, as {len(refused)} of its last {total} messages were refused; "
        f"{times} of them by {provider}, which {meaning}. {remedy}, and resume the mailing then. "
        f"The provider's words: “{last.words}”"
    )


def _tell_dead(dead: Sequence[Failure], total: int) -> str:
    provider, times = _commonest(dead)
    last = next(failure for failure in dead if failure.provider == provider)
    return (
        f"The mailing is paused, as {len(dead)} of the addresses that its last {total} messages "
        f"went to don't exist; {times} of them at {provider}. The list may be old, or not from "
        "people who asked for it: look where its addresses came from before you resume the "
        f"mailing. The provider's words: “{last.words}”"
    )


def _commonest(failures: Sequence[Failure]) -> tuple[str, int]:
    return Counter(failure.provider for failure in failures).most_common(1)[0]


def _key(mailing: Mailing, window: str) -> str:
    # What was counted before a mailing was resumed stands under another key: nobody need
    # forget it, and what is recorded late by other workers does no harm.
    epoch = int(mailing.resumed_at.timestamp() * 1000) if mailing.resumed_at else 0
    return f"masthead:watch:{mailing.pk}:{epoch}:{window}"
