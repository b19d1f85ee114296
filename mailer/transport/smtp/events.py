"""The words of an SMTP conversation: what is asked, what phase it is in, what comes of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum

from mailer.transport.smtp.envelope import Letter
from mailer.types import Outcome, OutcomeKind, Reply, Stage

SERVICE_CLOSING = 421  # RFC 5321 §3.8: the server ends the session with it
KINDS = {2: OutcomeKind.ACCEPTED, 4: OutcomeKind.DEFERRED, 5: OutcomeKind.FAILED}


class Ask(IntEnum):
    """What a reply answers."""

    GREETING = 0
    EHLO = 1
    HELO = 2
    STARTTLS = 3
    AUTH = 4
    MAIL = 5
    RCPT = 6
    DATA = 7
    CONTENT = 8  # the final dot, or BDAT LAST
    LONE_DOT = 9  # RFC 2920 §3.1: what a 354 gets when no recipient was accepted
    RSET = 10
    QUIT = 11


STAGES = {
    Ask.GREETING: Stage.CONNECT,
    Ask.EHLO: Stage.EHLO,
    Ask.HELO: Stage.EHLO,
    Ask.STARTTLS: Stage.TLS,
    Ask.AUTH: Stage.AUTH,
    Ask.MAIL: Stage.MAIL,
    Ask.RCPT: Stage.RCPT,
    Ask.DATA: Stage.DATA,
    Ask.CONTENT: Stage.DOT,
    Ask.LONE_DOT: Stage.DATA,
    Ask.RSET: Stage.MAIL,
    Ask.QUIT: Stage.MAIL,
}


class Phase(Enum):
    """How far the conversation has come."""

    OPENING = "opening"
    HANDSHAKE = "handshake"  # TLS: no octet of ours until it is done
    READY = "ready"
    PARTING = "parting"
    ENDED = "ended"


class Mode(Enum):
    """How far ahead of the replies we may write."""

    LOCKSTEP = "lockstep"
    PIPELINING = "pipelining"
    CHUNKING = "chunking"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """The server takes letters from now on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Protect:
    """The server is waiting for the TLS handshake; call ``protected`` after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """A letter that was not delivered, through no fault of its own: another server may try it."""

    letter: Letter


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The conversation is over; hang up. ``reply`` says why."""

    reply: Reply


Event = Outcome | Ready | Protect | Returned | Ended
Due = tuple[Ask, Letter | None, int]
