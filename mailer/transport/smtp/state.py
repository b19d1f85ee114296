"""An SMTP client (RFC 5321) without input or output: octets in, events out, octets to be written.

Theory of operation. Whatever is written asks for a reply, and replies come in the order of what
was written. So the whole state of a conversation is the queue of replies that are due: what each
of them answers, for which letter, and how many octets must have left before it can be an answer.
``TRANSITIONS`` says what each reply leads to. A reply that it does not name, that was not asked
for, or that came before its question had left, ends the conversation: nothing that is read after
it could be trusted to belong to its letter. So does 421, at any place (§3.8).

Commands go one at a time, or ahead of their replies where the server offers it. With PIPELINING
(RFC 2920 §3.1) MAIL, RCPT and DATA of the next letter are written behind the content of this
one: one round trip a letter. With CHUNKING too (RFC 3030 §2) nothing is waited for, and ``depth``
letters may be without their replies.

When a conversation ends, what counts for each letter is how far it had come. If its last octet
had not left, nothing was delivered. If it had, and there is no reply, nobody knows.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import ClassVar

from mailer.transport.smtp.config import Security, SmtpConfig
from mailer.transport.smtp.content import unstuff
from mailer.transport.smtp.envelope import Letter, Limits, check_limits, write_mail
from mailer.transport.smtp.events import (
    KINDS,
    SERVICE_CLOSING,
    STAGES,
    Ask,
    Due,
    Ended,
    Event,
    Mode,
    Phase,
    Protect,
    Ready,
    Returned,
)
from mailer.transport.smtp.login import Respond, choose_login
from mailer.transport.smtp.reader import ReplyReader
from mailer.transport.smtp.replies import read_reply
from mailer.types import Outcome, OutcomeKind, Reply, Stage

# Looking up an Enum's member costs more than the rest of a step, so those of every letter stand
# here by name.
MAIL, RCPT, DATA, CONTENT = Ask.MAIL, Ask.RCPT, Ask.DATA, Ask.CONTENT
LOCKSTEP, PIPELINING, CHUNKING = Mode.LOCKSTEP, Mode.PIPELINING, Mode.CHUNKING
READY, HANDSHAKE, ENDED = Phase.READY, Phase.HANDSHAKE, Phase.ENDED
ACCEPTED, DOT = OutcomeKind.ACCEPTED, Stage.DOT

Steps = Mapping[int, Callable[["Conversation", int, bytes], None]]


class Conversation:
    """One conversation with a server, from its greeting to QUIT or an earlier end.

    ``queued`` counts the octets of our output, ``passed`` those that were handed to the system:
    whoever does the writing keeps it. ``name`` is what we call ourselves.
    """

    def __init__(self, config: SmtpConfig, name: str) -> None:
        self._config = config
        self._name = name
        self._protected = config.security is Security.IMPLICIT
        self.phase = Phase.HANDSHAKE if self._protected else Phase.OPENING
        self.mode = LOCKSTEP
        self.depth = 1
        self.carried = 0
        self.queued = 0
        self.passed = 0
        self.was_ready = False
        self.has_served = False  # a letter got an outcome in the server's own words
        self.due: deque[Due] = deque([(Ask.GREETING, None, 0)])
        self.features: dict[str, str] = {}
        self.limits = Limits.of({})
        self.letters: list[Letter] = []  # on their way, and not decided
        self._responses: Iterator[Respond] = iter(())
        self._preamble: Letter | None = None  # its DATA was asked for and has no reply yet
        self._needs_reset = False
        self._reader = ReplyReader()
        self._out: list[bytes] = []
        self._last_words = 0  # from this piece of the output on, a message is handed over
        self._events: list[Event] = []

    # ------------------------------------------------------------- what the session calls

    def receive(self, octets: bytes) -> list[Event]:
        """Return what the server's octets have brought about."""
        due, transitions = self.due, self.TRANSITIONS
        for code, text in self._reader.feed(octets):
            # Whatever comes before its question has left answers nothing.
            if due and due[0][2] <= self.passed and code != SERVICE_CLOSING:
                step = transitions[due[0][0]].get(code // 100, _MAKE_NO_SENSE)
                step(self, code, text)
            elif code == SERVICE_CLOSING:
                self._give_up(code, text)
            else:
                self._make_no_sense(code, text)
            if self.phase is ENDED:
                break
        if self.phase is HANDSHAKE and self._reader.has_rest:
            self._make_no_sense(0, b"words before the handshake")
        return self._take_events()

    def take_output(self, *, whole: bool = True) -> list[bytes]:
        """Return the octets that are to be written now, in pieces.

        Unless ``whole``, the last octets of a message stay here, and what follows them: until
        they have left, the server has nothing that it could deliver.
        """
        out, last = self._out, self._last_words
        if whole or not last:
            self._out, self._last_words = [], 0
            return out
        self._out, self._last_words = out[last - 1 :], 1
        return out[: last - 1]

    @property
    def holds_back(self) -> bool:
        """Say whether the last octets of a message wait to be written."""
        return bool(self._last_words)

    def protected(self) -> None:
        """Go on after the handshake; RFC 3207 §4.2: what was said before it is forgotten."""
        self._protected = True
        self.phase = Phase.OPENING
        if not self.due:  # else the server's greeting is still to come (RFC 8314 §3.3)
            self._greet()

    def wants(self) -> bool:
        """Say whether another letter can be written now."""
        if self.phase is not READY:
            return False
        if self.mode is PIPELINING:
            return self._preamble is None
        if self.mode is CHUNKING:
            return len(self.letters) < self.depth
        return not self.due and not self.letters

    def carry(self, letter: Letter) -> list[Event]:
        """Begin with a letter. Only when ``wants`` says so."""
        unsuitable = check_limits(self.limits, letter)
        self.letters.append(letter)
        if unsuitable is not None:
            self._decide(letter, OutcomeKind.FAILED, unsuitable)
            return self._take_events()
        # After a refusal the server may still hold a sender. And behind letters whose replies
        # are out, RSET keeps a refusal of one of them from touching this one (RFC 3030 §2).
        if self._needs_reset or (len(self.letters) > 1 and self.mode is CHUNKING):
            self._ask(Ask.RSET, None, b"RSET\r\n")
            self._needs_reset = False
        self.carried += 1
        self._ask(MAIL, letter, f"{write_mail(self.limits, letter)}\r\n".encode())
        if self.mode is not LOCKSTEP:
            self._ask(RCPT, letter, _write_rcpt(letter))
            if self.mode is CHUNKING:
                self._write_chunk(letter)
            else:
                self._ask(DATA, letter, b"DATA\r\n")
                self._preamble = letter
        return []

    def withdraw(self) -> list[Letter]:
        """Take back the letters no octet of whose content was written."""
        taken = [letter for letter in self.letters if not letter.end]
        for letter in taken:
            letter.withdrawn = True
            self.letters.remove(letter)
        return taken

    def part(self) -> None:
        """Say QUIT. Only when nothing is due."""
        self.phase = Phase.PARTING
        self._ask(Ask.QUIT, None, b"QUIT\r\n")

    def lose(self, text: str, *, silent: bool = False) -> list[Event]:
        """End it because the connection broke, or (``silent``) no reply came in time.

        A server may have closed a connection that was kept just when we began anew: that says
        nothing of the letter, so it is returned. Only if the connection has served another one
        before: so each return costs an outcome, and nothing goes round for ever.
        """
        begun = self.due and self.due[0][0] is MAIL
        stale = begun and self.has_served and not silent
        self._end(Reply(code=0, text=text, stage=self.stage), blameless=bool(stale))
        return self._take_events()

    @property
    def stage(self) -> Stage:
        """Return at which stage the next reply, or its absence, is."""
        if self.phase is HANDSHAKE:
            return Stage.TLS
        if not self.due:
            return Stage.MAIL
        ask, letter, _ = self.due[0]
        unfinished = letter is not None and letter.end > self.passed
        return Stage.DATA if ask is CONTENT and unfinished else STAGES[ask]

    # ------------------------------------------------------------- what a reply leads to

    def _greet(self, *_: object) -> None:
        self._next()
        self._ask(Ask.EHLO, None, f"EHLO {self._name}\r\n".encode())

    def _greet_as_of_old(self, *_: object) -> None:
        """RFC 5321 §3.2: a server that does not know EHLO is greeted by HELO."""
        self._next()
        self._ask(Ask.HELO, None, f"HELO {self._name}\r\n".encode())

    def _learn(self, _code: int, text: bytes) -> None:
        """Learn the server's extensions (RFC 5321 §4.1.1.1), then protect, log in, or begin."""
        rows = text.decode(errors="replace").lower().split("\n")[1:]
        words = (row.strip().partition(" ") for row in rows)
        self.features = {keyword: parameters for keyword, _, parameters in words}
        self.limits = Limits.of(self.features)
        self._next()
        if self._config.security is Security.STARTTLS and not self._protected:
            self._start_tls()
        elif self._config.username:
            self._log_in()
        else:
            self._be_ready()

    def _start_tls(self) -> None:
        if "starttls" not in self.features:
            # Also what somebody in between does who wants to read along.
            self._give_up_for(Stage.TLS, "the server offers no STARTTLS, and it is required")
            return
        self._ask(Ask.STARTTLS, None, b"STARTTLS\r\n")

    def _shake(self, *_: object) -> None:
        """Wait for the handshake.

        RFC 3207 §4.2, §6: what somebody in between wrote before it must not be read as the
        server's protected word. Nothing is due, so whatever follows here ends it.
        """
        self.due.clear()
        self.phase = HANDSHAKE
        self._events.append(Protect())

    def _log_in(self) -> None:
        offered = self.features.get("auth", "").split()
        login = choose_login(offered, self._config.username, self._config.password)
        if login is None:
            text = "the server offers neither AUTH PLAIN nor AUTH LOGIN nor AUTH CRAM-MD5"
            self._give_up_for(Stage.AUTH, text)
            return
        command, self._responses = login
        self._ask(Ask.AUTH, None, command + b"\r\n")

    def _respond(self, code: int, text: bytes) -> None:
        """Answer a challenge (RFC 4954 §4)."""
        respond = next(self._responses, None)
        try:
            words = respond(text) if respond else None
        except ValueError:
            words = None
        if words is None:
            self._make_no_sense(code, text)
            return
        self._next()
        self._ask(Ask.AUTH, None, words + b"\r\n")

    def _finish_login(self, code: int, text: bytes) -> None:
        if next(self._responses, None) is not None:
            self._make_no_sense(code, text)
            return
        self._next()
        self._be_ready()

    def _be_ready(self) -> None:
        pipelining = "pipelining" in self.features
        if pipelining:
            chunking = "chunking" in self.features
            self.mode = CHUNKING if chunking else PIPELINING
        self.phase = READY
        self.was_ready = True
        self._events.append(Ready())

    def _give_up(self, code: int, text: bytes) -> None:
        self._end(self._read(code, text))

    def _shrug(self, *_: object) -> None:
        self._next()

    def _go_on(self, _code: int, _text: bytes) -> None:
        """Ask for the next thing, unless it was asked for long ago."""
        ask, letter, _ = self.due.popleft()
        if self.mode is not LOCKSTEP or letter is None:
            return
        if letter.withdrawn:
            self._needs_reset = True
        elif ask is MAIL:
            self._ask(RCPT, letter, _write_rcpt(letter))
        else:
            self._ask(DATA, letter, b"DATA\r\n")

    def _hand_over(self, *_: object) -> None:
        letter = self._next()[1]
        assert letter is not None
        self._preamble = None
        if letter.refused_at is Stage.RCPT:
            # RFC 2920 §3.1: the server goes on although nobody is to get the message.
            self._ask(Ask.LONE_DOT, None, b".\r\n")
            self._needs_reset = True
        elif letter.withdrawn or letter.decided:
            # A dot would now deliver an empty message to the recipient: nothing but hanging up
            # takes the letter back.
            self._end(Reply(code=0, text="a message was taken back", stage=Stage.DATA))
        else:
            content = letter.message.content
            pieces = (content,) if isinstance(content, bytes) else content
            self._out += pieces
            self.queued += letter.size
            self._mark_last_words()
            self._ask(CONTENT, letter, b".\r\n")
            letter.end = self.queued

    def _accept(self, code: int, text: bytes) -> None:
        letter = self.due[0][1]
        assert letter is not None
        if not letter.decided:
            self._decide(letter, ACCEPTED, read_reply(code, text.decode(errors="replace"), DOT))
        self.has_served = True
        self.due.popleft()

    def _refuse(self, code: int, text: bytes) -> None:
        """Give the letter the first refusal as its outcome, and note the latest for DATA."""
        ask, letter, _ = self.due[0]
        assert letter is not None
        reply = self._read(code, text)
        if not letter.decided and not letter.withdrawn:
            self._decide(letter, KINDS[code // 100], reply)
        letter.refused_at = reply.stage
        self.has_served = True
        if ask is DATA:
            self._preamble = None
        # RFC 5321 §4.1.1.4: the final dot leaves no transaction behind, whatever its reply.
        self._needs_reset = ask is not CONTENT or self.mode is CHUNKING
        self._next()

    # ------------------------------------------------------------- what is written

    def _ask(self, ask: Ask, letter: Letter | None, command: bytes) -> None:
        self._out.append(command)
        self.queued += len(command)
        self.due.append((ask, letter, self.queued))

    def _write_chunk(self, letter: Letter) -> None:
        """Write BDAT and the content, which needs no dots before dots (RFC 3030 §2)."""
        content = letter.message.content
        pieces = (content,) if isinstance(content, bytes) else content
        size = letter.size
        if letter.stuffed:
            pieces = (unstuff(pieces),)
            size = len(pieces[0])
        command = b"BDAT %d LAST\r\n" % size
        self._out.append(command)
        self.queued += len(command)
        self._out += pieces[:-1]
        self._mark_last_words()
        self._out += pieces[-1:]
        self.queued += size
        letter.end = self.queued
        self.due.append((CONTENT, letter, self.queued))

    def _mark_last_words(self) -> None:
        """Mark where the first message ends: one more than the number of pieces before."""
        self._last_words = self._last_words or len(self._out) + 1

    # ------------------------------------------------------------- ends and outcomes

    def _next(self) -> Due:
        return self.due.popleft() if self.due else (Ask.GREETING, None, 0)

    def _read(self, code: int, text: bytes) -> Reply:
        return read_reply(code, text.decode(errors="replace"), self.stage)

    def _decide(self, letter: Letter, kind: OutcomeKind, reply: Reply) -> None:
        letter.decided = True
        self.letters.remove(letter)
        identity = letter.message.delivery_id
        self._events.append(Outcome(delivery_id=identity, kind=kind, reply=reply))

    def _give_up_for(self, stage: Stage, text: str) -> None:
        self._end(Reply(code=0, text=text, stage=stage))

    def _make_no_sense(self, code: int, text: bytes) -> None:
        words = b"%d %s" % (code, text) if code else text
        shown = read_reply(0, words[:100].decode(errors="replace"), self.stage).text
        said = f"the server's words make no sense here: {shown}"
        self._end(Reply(code=0, text=said, stage=self.stage))

    def _end(self, reply: Reply, *, blameless: bool = False) -> None:
        """Give every letter on its way what it deserves; a ``blameless`` one is returned."""
        owner = self.due[0][1] if self.due and not blameless else None
        for letter in list(self.letters):
            handed_over = 0 < letter.end <= self.passed
            if handed_over and reply.code != SERVICE_CLOSING:
                self._decide(letter, OutcomeKind.UNCERTAIN, _at_the_dot(reply))
            elif letter is owner:
                self._decide(letter, OutcomeKind.DEFERRED, reply)
            else:
                # After 421 a server reads nothing more, so what was written behind it is void.
                letter.end = 0
                self._events.append(Returned(letter=letter))
        self.letters.clear()
        self.due.clear()
        self.phase = ENDED
        self._events.append(Ended(reply=reply))

    def _take_events(self) -> list[Event]:
        events, self._events = self._events, []
        return events

    # What a reply leads to, by what it answers and by its first digit (RFC 5321 §4.2.1).
    _refused: ClassVar[Steps] = {4: _give_up, 5: _give_up}
    _no: ClassVar[Steps] = {4: _refuse, 5: _refuse}
    TRANSITIONS: ClassVar[Mapping[Ask, Steps]] = {
        Ask.GREETING: {2: _greet, **_refused},
        Ask.EHLO: {2: _learn, 4: _give_up, 5: _greet_as_of_old},
        Ask.HELO: {2: _learn, **_refused},
        Ask.STARTTLS: {2: _shake, **_refused},
        Ask.AUTH: {2: _finish_login, 3: _respond, **_refused},
        Ask.MAIL: {2: _go_on, **_no},
        Ask.RCPT: {2: _go_on, **_no},
        Ask.DATA: {3: _hand_over, **_no},
        Ask.CONTENT: {2: _accept, **_no},
        Ask.LONE_DOT: dict.fromkeys((2, 4, 5), _shrug),
        Ask.RSET: {2: _shrug},
        Ask.QUIT: dict.fromkeys((2, 4, 5), _give_up),
    }


_MAKE_NO_SENSE = Conversation._make_no_sense  # noqa: SLF001 - a step like those of the table


def _write_rcpt(letter: Letter) -> bytes:
    return f"RCPT TO:<{letter.recipient}>\r\n".encode()


def _at_the_dot(reply: Reply) -> Reply:
    return Reply(code=0, text=reply.text, stage=Stage.DOT)
