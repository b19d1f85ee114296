"""One connection to a mail server: its channel, its conversation, and its patience."""

from __future__ import annotations

import math
import selectors
from collections.abc import Callable, Sequence

from mailer.transport.smtp.channel import Address, Channel
from mailer.transport.smtp.config import Security, SmtpConfig
from mailer.transport.smtp.context import make_context
from mailer.transport.smtp.envelope import Letter
from mailer.transport.smtp.events import Ask, Due, Ended, Event, Mode, Phase, Protect
from mailer.transport.smtp.state import Conversation
from mailer.types import Reply, Stage

# Politeness has an end: a server that does not answer QUIT or RSET is left.
PARTING_SECONDS = 5.0
# A worker that dies may repeat what is without its reply, so with CHUNKING it is one letter,
# unless the round trip is long: then one for each ten milliseconds of it, and eight at most.
SHORT_TRIP_SECONDS = 0.005
SECONDS_A_LETTER = 0.010
MOST_IN_FLIGHT = 8
# The greeting and the reply to content take the server time of its own.
UNMEASURED = frozenset({Ask.GREETING, Ask.CONTENT})
# Looking up an Enum's member takes longer than comparing it.
ENDED, READY = Phase.ENDED, Phase.READY


class Session:
    """A connection and what is said over it. ``now`` is always a monotonic clock's.

    Every verb returns the events that it brought about; after ``Ended`` the session is no more.
    """

    def __init__(
        self,
        config: SmtpConfig,
        selector: selectors.BaseSelector,
        addresses: Sequence[Address],
        *,
        now: float,
    ) -> None:
        self._worn_at = now + config.connection_seconds
        self.deadline = now + config.connect_seconds
        self.trip_seconds = math.inf  # the shortest that was measured
        self._config = config
        self._selector = selector
        self._addresses = list(addresses)
        self._channel = self._dial()
        self._conversation: Conversation | None = None
        self._head: Due | None = None
        self._asked_at: float | None = None
        self._watched: tuple[int, int] | None = None
        self._has_parted = False
        self._patience = _patience(config)
        self._go_on: Callable[[float], list[Event]] = self._connect
        self._watch()

    # ------------------------------------------------------------- what the pool asks

    @property
    def is_ready(self) -> bool:
        """Say whether letters may be carried, now or later."""
        return self._phase is READY

    @property
    def is_parting(self) -> bool:
        """Say whether QUIT was said."""
        return self._phase is Phase.PARTING

    @property
    def has_failed(self) -> bool:
        """Say of an ended session whether it came to nothing."""
        conversation = self._conversation
        return not self._has_parted and not (conversation and conversation.has_served)

    @property
    def was_ready(self) -> bool:
        """Say whether the server was ever ready for letters."""
        return self._conversation is not None and self._conversation.was_ready

    @property
    def is_idle(self) -> bool:
        """Say whether nothing is due from the server."""
        return self._conversation is not None and not self._conversation.due

    @property
    def capacity(self) -> int:
        """Return how many letters keep this connection busy."""
        if self._conversation is None or not self.is_ready:
            return 0
        depths = {Mode.LOCKSTEP: 1, Mode.PIPELINING: 2, Mode.CHUNKING: self._conversation.depth}
        return depths[self._conversation.mode]

    def is_worn(self, now: float) -> bool:
        """Say whether the connection has carried enough, or is old."""
        carried = self._conversation.carried if self._conversation else 0
        return carried >= self._config.messages_per_connection or now >= self._worn_at

    def wants(self, now: float) -> bool:
        """Say whether another letter can be written now."""
        conversation = self._conversation
        return conversation is not None and conversation.wants() and not self.is_worn(now)

    # ------------------------------------------------------------- what the pool does

    def advance(self, now: float) -> list[Event]:
        """Go on as far as the network lets us; ``flush`` writes what comes of it."""
        try:
            return self._go_on(now)
        except OSError as error:
            return self._break(f"the connection broke: {error}")

    def carry(self, letter: Letter) -> list[Event]:
        """Begin with a letter; ``flush`` writes it."""
        assert self._conversation is not None
        return self._conversation.carry(letter)

    @property
    def holds_back(self) -> bool:
        """Say whether a message's last octets wait for a ``flush`` that is whole."""
        return self._conversation is not None and self._conversation.holds_back

    def flush(self, now: float, *, whole: bool = True) -> list[Event]:
        """Write what is to be written, and begin to wait for its reply.

        Unless ``whole``, no message is written to its end.
        """
        conversation = self._conversation
        if conversation is None or conversation.phase is ENDED:
            return []
        channel = self._channel
        before = channel.passed
        pieces = conversation.take_output(whole=whole)
        if pieces or channel.wants_write:
            try:
                channel.write(pieces)
            except OSError as error:
                conversation.passed = channel.passed
                return self._read_last_words() or self._break(f"the connection broke: {error}")
            conversation.passed = channel.passed
            self._watch()
        head = conversation.due[0] if conversation.due else None
        if head is not self._head:
            self._asked_at = now if head and head[2] > before else None
            self._head = head
            self.deadline = now + self._patience[head[0]] if head else math.inf
        return []

    def time_out(self, now: float) -> list[Event]:
        """End it if the server has let us wait for too long."""
        if now < self.deadline:
            return []
        if self._conversation is None:
            return self._break("no connection in time")
        return self._break(f"no reply in time ({self._conversation.stage})", silent=True)

    def withdraw(self) -> list[Letter]:
        """Take back the letters no octet of whose content was written."""
        return self._conversation.withdraw() if self._conversation else []

    def part(self, now: float) -> list[Event]:
        """Say QUIT. Only an idle session does."""
        assert self._conversation is not None
        self._has_parted = True
        self._conversation.part()
        return self.flush(now)

    def abandon(self, text: str, *, torn: bool = False) -> list[Event]:
        """Hang up now; when ``torn`` out of a write, nobody knows how much of it has left."""
        if torn and self._conversation is not None:
            self._conversation.passed = self._conversation.queued
        return self._break(text, silent=True)

    # ------------------------------------------------------------- how it goes on

    @property
    def _phase(self) -> Phase:
        return self._conversation.phase if self._conversation else Phase.OPENING

    def _dial(self) -> Channel:
        """Begin to connect to the next address of a kind that this machine knows."""
        while True:
            try:
                return Channel(self._addresses.pop(0))
            except OSError:
                if not self._addresses:
                    raise

    def _connect(self, now: float) -> list[Event]:
        try:
            self._channel.connect()
        except OSError:
            if not self._addresses:
                raise
            self._unwatch()
            self._channel.close()
            self._channel = self._dial()
            self._watch()
            return []
        name = self._config.local_hostname or self._channel.address_literal
        self._conversation = Conversation(self._config, name)
        if self._config.security is Security.IMPLICIT:
            return self._protect(now)
        self._go_on = self._converse
        self._watch()
        return []

    def _protect(self, now: float) -> list[Event]:
        self._unwatch()
        self._channel.protect(make_context(self._config.ca_file), self._config.host)
        self.deadline = now + self._config.connect_seconds
        self._go_on = self._shake
        return self._shake(now)

    def _shake(self, now: float) -> list[Event]:
        assert self._conversation is not None
        done = self._channel.shake()
        self._watch()
        if not done:
            return []
        self._conversation.protected()
        self._go_on = self._converse
        return self._converse(now)

    def _converse(self, now: float) -> list[Event]:
        octets = self._channel.read()
        if octets is None:
            return []
        if not octets:
            return self._break("the server closed the connection")
        return self._hear(octets, now)

    def _hear(self, octets: bytes, now: float) -> list[Event]:
        conversation = self._conversation
        assert conversation is not None
        if self._asked_at is not None:
            self._measure(now - self._asked_at)
        events = conversation.receive(octets)
        if conversation.phase is ENDED:
            self._hang_up()
        elif events and isinstance(events[-1], Protect):
            return self._protect(now)
        return events

    def _measure(self, seconds: float) -> None:
        """Learn how long a round trip takes: the greeting and content take the server time."""
        assert self._conversation is not None
        self._asked_at = None
        if self._head is not None and self._head[0] not in UNMEASURED:
            self.trip_seconds = min(self.trip_seconds, seconds)
            self._conversation.depth = count_in_flight(self.trip_seconds)

    def _read_last_words(self) -> list[Event]:
        """Return what a server's goodbye ends, if it wrote one before it stopped to listen."""
        assert self._conversation is not None
        try:
            octets = self._channel.read()
        except OSError:
            return []
        events = self._conversation.receive(octets or b"")
        if self._conversation.phase is ENDED:
            self._hang_up()
            return events
        return events + self._break("the connection broke")

    def _break(self, text: str, *, silent: bool = False) -> list[Event]:
        self._hang_up()
        if self._conversation is not None:
            return self._conversation.lose(text, silent=silent)
        where = f"{self._config.host}:{self._config.port}"
        text = f"{where} can't be reached: {text.removeprefix('the connection broke: ')}"
        return [Ended(reply=Reply(code=0, text=text, stage=Stage.CONNECT))]

    def _hang_up(self) -> None:
        self._unwatch()
        self._channel.close()

    def _watch(self) -> None:
        """Ask the selector for what the channel waits for, if that has changed."""
        channel = self._channel
        wanted = (selectors.EVENT_READ if channel.wants_read else 0) | (
            selectors.EVENT_WRITE if channel.wants_write else 0
        )
        if self._watched is None:
            self._watched = channel.fileno, wanted
            self._selector.register(*self._watched, data=self)
        elif wanted != self._watched[1]:
            self._watched = channel.fileno, wanted
            self._selector.modify(*self._watched, data=self)

    def _unwatch(self) -> None:
        if self._watched is not None:
            self._selector.unregister(self._watched[0])
            self._watched = None


def count_in_flight(trip_seconds: float) -> int:
    """Return how many letters may be without their replies at once, where the server chunks."""
    if trip_seconds < SHORT_TRIP_SECONDS:
        return 1
    return min(math.ceil(trip_seconds / SECONDS_A_LETTER), MOST_IN_FLIGHT)


def _patience(config: SmtpConfig) -> dict[Ask, float]:
    """Return for how many seconds each reply is waited for."""
    polite = min(config.command_seconds, PARTING_SECONDS)
    return dict.fromkeys(Ask, config.command_seconds) | {
        Ask.GREETING: config.connect_seconds,
        Ask.CONTENT: config.message_seconds,
        Ask.RSET: polite,
        Ask.QUIT: polite,
    }
