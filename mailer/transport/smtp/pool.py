"""A mail server as a worker process keeps it: a few connections, and what waits for them.

One thread, no event loop. A selector is asked what the network has, the sessions go on, and the
caller has its outcomes. Between two calls the caller works and the system's buffers carry on.
An event loop would have to be started for each wait: that alone costs more (measured: 92 µs with
uvloop, 18 with asyncio's own, 3 for the selector) than everything done here for a message.
"""

from __future__ import annotations

import selectors
import time
from collections import deque
from collections.abc import Iterable

from mailer.transport.smtp.config import SmtpConfig
from mailer.transport.smtp.content import ContentChecker
from mailer.transport.smtp.envelope import Letter, prepare
from mailer.transport.smtp.events import Ended, Event, Ready, Returned
from mailer.transport.smtp.growth import Growth
from mailer.transport.smtp.resolver import Resolver
from mailer.transport.smtp.session import PARTING_SECONDS, Session
from mailer.types import Outcome, OutcomeKind, OutgoingMessage, Reply, Stage

# Deadlines are looked at this often: each is then kept to within as much.
TICK_SECONDS = 0.05
# One letter more than the connections can carry waits here, ready to be written behind another
# one's content, and the sign that there is more to do.
SPARE = 1


class SmtpTransport:
    """Send messages to one server, over connections that are kept."""

    def __init__(self, config: SmtpConfig) -> None:
        self.config = config
        self._growth = Growth(config)
        self._resolver = Resolver(config.host, config.port)
        self._checker = ContentChecker()
        self._selector: selectors.BaseSelector | None = None
        self._sessions: list[Session] = []
        # Those that could carry more, in order: a dict is an ordered set.
        self._hungry: dict[Session, None] = {}
        # Those whose messages end when the caller knows the outcomes of the ones before.
        self._holding: dict[Session, None] = {}
        self._queue: deque[Letter] = deque()
        self._outcomes: list[Outcome] = []
        self._pending = 0
        self._capacity = 0  # letters that keep all connections busy
        self._live = 0  # connections that carry letters, or soon will
        self._opening = 0  # those of them that do not yet
        self._next_tick = 0.0

    # ------------------------------------------------------------- what callers call

    def room(self) -> int:
        """Return how many more messages keep the connections busy, and one more."""
        return max(max(self._capacity, 1) + SPARE - self._pending, 0)

    def submit(self, message: OutgoingMessage) -> None:
        """Take a message; it is written at the next ``wait``."""
        self._pending += 1
        letter = prepare(message, self._checker)
        if isinstance(letter, Reply):
            self._decide(message, OutcomeKind.FAILED, letter)
        else:
            self._queue.append(letter)

    def wait(self, seconds: float) -> list[Outcome]:
        """Send, and return all outcomes that are known: at least one, if there is time."""
        if not self._pending:
            return []
        try:
            self._pump(seconds)
        except BaseException:
            # A worker was told to stop in mid-message: nobody can go on with what it leaves.
            self._abandon(torn=True)
            raise
        return self._take_outcomes()

    def pending(self) -> int:
        """Return how many messages have no outcome that the caller knows."""
        return self._pending

    def withdraw(self) -> list[int]:
        """Take back what waits, and what was announced and not begun."""
        letters = [*self._queue]
        self._queue.clear()
        for session in self._sessions:
            letters += session.withdraw()
        self._pending -= len(letters)
        return [letter.message.delivery_id for letter in letters]

    def abandon(self) -> None:
        """Hang up on every server in mid-word; ``wait`` tells what became of each message."""
        self._abandon()

    def limit(self, connections: int) -> None:
        """Open no more than so many connections from now on, and never more than configured."""
        self._growth.limit(connections)

    def close(self) -> None:
        """Say QUIT to whoever owes us nothing, hang up on the others, and wait a little."""
        now = time.monotonic()
        for session in list(self._sessions):
            if session.is_ready and session.is_idle:
                self._apply(session, session.part(now))
        end = now + min(PARTING_SECONDS, self.config.command_seconds)
        while now < end and any(session.is_parting for session in self._sessions):
            self._turn(end - now)
            now = time.monotonic()
        self._abandon()
        if self._selector is not None:
            self._selector.close()
            self._selector = None

    # ------------------------------------------------------------- how it goes on

    def _pump(self, seconds: float) -> None:
        """Turn until something is known, or the time is over."""
        now = time.monotonic()
        end = now + seconds
        self._end_messages(now)
        while True:
            self._distribute(now)
            self._turn(0 if self._outcomes else end - now)
            now = time.monotonic()
            if self._outcomes or now >= end:
                return

    def _end_messages(self, now: float) -> None:
        """Write what was held back: the caller has noted all outcomes by now.

        So a worker that is killed leaves one message a connection, at most, of which nobody
        knows whether it arrived, and mostly none: its last octets leave late, and the server
        has read all others meanwhile.
        """
        while self._holding:
            session = self._holding.popitem()[0]
            self._apply(session, session.flush(now))

    def _turn(self, seconds: float) -> None:
        """Wait for the network for a moment, and let every session go on that can."""
        began = time.monotonic()
        ready = self._use_selector().select(min(max(seconds, 0), TICK_SECONDS))
        now = time.monotonic()
        if self._queue:
            self._growth.note_wait(now - began)
        for key, _ in ready:
            session: Session = key.data
            events = session.advance(now)
            if events:
                self._apply(session, events)
            self._feed(session, now)
        if now >= self._next_tick:
            self._next_tick = now + TICK_SECONDS
            self._look_at_clock(now)

    def _use_selector(self) -> selectors.BaseSelector:
        if self._selector is None:
            # Not earlier: a process that forks would share it with its children.
            self._selector = selectors.DefaultSelector()
        return self._selector

    def _look_at_clock(self, now: float) -> None:
        for session in list(self._sessions):
            self._apply(session, session.time_out(now))
            self._retire(session, now)
        self._count()

    def _distribute(self, now: float) -> None:
        """Give letters that wait to sessions that want them, or open another one."""
        while self._queue and self._hungry:
            session = next(iter(self._hungry))
            del self._hungry[session]
            if session.is_idle:
                # What came while nothing was asked is no answer to what we ask now.
                self._apply(session, session.advance(now))
            self._feed(session, now)
        if self._queue:
            self._open(now)

    def _feed(self, session: Session, now: float) -> None:
        """Write as many letters as the session takes."""
        wants = session.wants(now)
        while wants and self._queue:
            events = session.carry(self._queue.popleft())
            if events:
                self._apply(session, events)
            wants = session.wants(now)
        events = session.flush(now, whole=not self._outcomes)
        if session.holds_back:
            self._holding[session] = None
        if events:
            self._apply(session, events)
        elif wants:
            self._hungry[session] = None
        elif session.is_idle:
            self._retire(session, now)

    def _retire(self, session: Session, now: float) -> None:
        """Part with a session that has done its work."""
        if session.is_ready and session.is_idle and session.is_worn(now):
            self._hungry.pop(session, None)
            self._apply(session, session.part(now))
            self._count()

    def _open(self, now: float) -> None:
        """Open as many connections as would help, unless some are being opened."""
        for _ in range(0 if self._opening else self._growth.allow(self._live, now)):
            try:
                addresses = self._resolver.resolve(now)
                session = Session(self.config, self._use_selector(), addresses, now=now)
                self._sessions.append(session)
                self._count()
            except OSError as error:
                where = f"{self.config.host}:{self.config.port}"
                text = f"{where} can't be reached: {error}"
                self._fail(Reply(code=0, text=text, stage=Stage.CONNECT), now)
                return

    # ------------------------------------------------------------- what comes of it

    def _apply(self, session: Session, events: Iterable[Event]) -> None:
        returned: list[Letter] = []
        for event in events:
            if isinstance(event, Outcome):
                self._outcomes.append(event)
                self._growth.note_outcome(event.reply)
            elif isinstance(event, Returned):
                returned.append(event.letter)
            elif isinstance(event, Ready):
                self._hungry[session] = None
                self._count()
            elif isinstance(event, Ended):
                self._bury(session, event.reply)
        if returned:
            self._queue.extendleft(reversed(returned))

    def _bury(self, session: Session, reply: Reply) -> None:
        self._sessions.remove(session)
        self._hungry.pop(session, None)
        self._holding.pop(session, None)
        self._count()
        if session.has_failed:
            self._fail(reply, time.monotonic(), opening=not session.was_ready)

    def _fail(self, reply: Reply, now: float, *, opening: bool = True) -> None:
        """Leave the server alone for a while; with no way to send, what waits is deferred."""
        others = sum(session.is_ready for session in self._sessions)
        self._growth.note_failure(others, now)
        if opening and not others:
            while self._queue:
                self._decide(self._queue.popleft().message, OutcomeKind.DEFERRED, reply)

    def _decide(self, message: OutgoingMessage, kind: OutcomeKind, reply: Reply) -> None:
        self._outcomes.append(Outcome(delivery_id=message.delivery_id, kind=kind, reply=reply))

    def _count(self) -> None:
        """Keep what is asked for each message, and changes rarely."""
        live = [session for session in self._sessions if not session.is_parting]
        self._live = len(live)
        self._opening = sum(not session.is_ready for session in live)
        self._capacity = sum(session.capacity for session in live)

    def _take_outcomes(self) -> list[Outcome]:
        outcomes, self._outcomes = self._outcomes, []
        self._pending -= len(outcomes)
        return outcomes

    def _abandon(self, *, torn: bool = False) -> None:
        for session in list(self._sessions):
            self._apply(session, session.abandon("we hung up", torn=torn))
