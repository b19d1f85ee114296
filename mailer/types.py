"""The nouns that flow from stage to stage, in the order in which the pipeline makes them.

issue file -> Document -> RenderedIssue -> CompiledMessage -> OutgoingMessage -> Outcome,
and back again: raw bytes -> FeedbackEvent.

All are frozen: a stage receives a value, makes another one, and changes nothing.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

# --------------------------------------------------------------------- the document


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong with an input: where it is, what it is, how to mend it."""

    file: str
    line: int | None
    what: str
    remedy: str

    def __str__(self) -> str:
        where = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{where}: {self.what}. {self.remedy}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """An image, decoded, stripped of metadata, and encoded again by us.

    ``name`` is the SHA-256 of ``data`` with the extension of ``media_type``,
    so that equal bytes have one address for ever. Width and height are in pixels.
    """

    name: str
    media_type: str
    data: bytes = field(repr=False)
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Prose:
    """Running text: paragraphs, lists and minor headings, as Markdown."""

    markdown: str
    only_for: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Photo:
    """A photograph with what a reader who can't see it, and its maker, are owed."""

    source: str
    alt: str
    caption: str = ""
    credit: str = ""
    only_for: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A person's card: name, country, a note on the award, and optionally a portrait."""

    name: str
    country: str = ""
    note: str = ""
    portrait: str = ""
    portrait_alt: str = ""
    only_for: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Quotation:
    """Somebody's words, as Markdown, and whose they are."""

    markdown: str
    attribution: str = ""
    only_for: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """A call to act: the label of the link and its address, shown as a button."""

    label: str
    url: str
    only_for: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that takes place: a title, dates, a place and perhaps an address to read more."""

    title: str
    starts: dt.date
    ends: dt.date | None = None
    place: str = ""
    url: str = ""
    only_for: tuple[str, ...] = ()


Block = Prose | Photo | Profile | Quotation | Announcement | Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """A headline and its blocks. ``anchor`` is unique in its document and safe in a URL."""

    title: str
    anchor: str
    blocks: tuple[Block, ...] = ()
    only_for: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of the issue: a heading, blocks that stand before any article, and articles."""

    title: str
    anchor: str
    blocks: tuple[Block, ...] = ()
    articles: tuple[Article, ...] = ()
    only_for: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A line of the colophon: what the people did, and their names in the order given."""

    title: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Colophon:
    """Who publishes the bulletin, where they are, and who made this issue."""

    publisher: str
    address: str
    phone: str = ""
    email: str = ""
    website: str = ""
    roles: tuple[Role, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedDate:
    """The date on the masthead, as exact as the editor gave it: a year, a month, or a day."""

    year: int
    month: int | None = None
    day: int | None = None

    def __str__(self) -> str:
        parts = [f"{self.year:04d}"]
        parts += [f"{part:02d}" for part in (self.month, self.day) if part is not None]
        return "-".join(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One issue of a bulletin in one language, as its file says it.

    ``language`` is a BCP 47 tag. ``pictures`` maps each ``source`` that a block names
    to the image itself; it is empty when the file was read without its images. What has
    ``only_for`` is shown to people in any of these segments, which it names, and to nobody else.
    """

    publication: str
    number: int
    published: PublishedDate
    language: str
    subject: str
    preheader: str
    colophon: Colophon
    sections: tuple[Section, ...]
    pictures: Mapping[str, Picture] = field(default_factory=dict, compare=False, hash=False)


# --------------------------------------------------------------------- slots

SLOT_PATTERN = re.compile(r"MHSLOT\.([a-z_]+)\.TOLSHM")


class SlotName(StrEnum):
    """What differs from reader to reader inside a rendered issue."""

    UNSUBSCRIBE_URL = "unsubscribe_url"
    PREFERENCES_URL = "preferences_url"
    WEB_URL = "web_url"
    NAME = "name"
    EMAIL = "email"
    SIGNAL = "signal"


def slot(name: SlotName) -> str:
    """Return the placeholder that stands for a reader's value in rendered HTML and text.

    It is made of characters that neither HTML, nor a URL, nor quoted-printable escapes.
    """
    return f"MHSLOT.{name.value}.TOLSHM"


# --------------------------------------------------------------------- rendering and message


class Signals(StrEnum):
    """What is counted of readers' doings, from the least to the most.

    ``totals`` counts clicks and no person; ``people`` who opened and clicked what.
    """

    OFF = "off"
    TOTALS = "totals"
    PEOPLE = "people"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A link of an issue: where it leads, and the article that it stands in.

    ``article`` is its title, ``anchor`` what tells it from others of the same title: empty where
    a theme gives its headings none.
    """

    url: str
    article: str = ""
    anchor: str = ""


class Direction(StrEnum):
    """The direction in which a language is written; the values are HTML's ``dir``."""

    LTR = "ltr"
    RTL = "rtl"


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedIssue:
    """An issue as mail: HTML and plain text with slots where a reader's values go."""

    subject: str
    preheader: str
    language: str
    direction: Direction
    mjml: str = field(repr=False)
    html: str = field(repr=False)
    text: str = field(repr=False)
    pictures: tuple[Picture, ...] = ()


class SlotContext(StrEnum):
    """How a value must be encoded where its slot stands."""

    HEADER = "header"  # as it is; CR, LF and NUL are refused
    HTML = "html"  # HTML-escaped, then quoted-printable between soft line breaks
    TEXT = "text"  # quoted-printable between soft line breaks


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A hole in a compiled message: whose value fills it and how it is encoded."""

    name: str
    context: SlotContext


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledMessage:
    """A message cut once into literal bytes and slots; a recipient costs a join of bytes.

    ``literals`` has exactly one item more than ``slots``; the message is
    literals[0] + value(slots[0]) + literals[1] + … . Lines end in CRLF and are
    dot-stuffed (RFC 5321 §4.5.2) already; every line is at most 998 octets.
    """

    literals: tuple[bytes, ...] = field(repr=False)
    slots: tuple[Slot, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingMessage:
    """What a transport is handed for one recipient.

    ``content`` is the dot-stuffed message without the final dot, whole or in pieces. Pieces
    that are the same objects in many messages, as a compiled message's literals are, are looked
    through once; content in one piece is looked through every time.
    """

    delivery_id: int
    sender: str
    recipient: str
    content: bytes | tuple[bytes, ...] = field(repr=False)

    def whole(self) -> bytes:
        """Return the content in one piece."""
        return self.content if isinstance(self.content, bytes) else b"".join(self.content)


# --------------------------------------------------------------------- what the server said


class Stage(StrEnum):
    """The step of an SMTP conversation at which something happened."""

    CONNECT = "connect"
    EHLO = "ehlo"
    TLS = "tls"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    DOT = "dot"  # the reply to the whole message


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A server's reply (RFC 5321 §4.2), with its enhanced status (RFC 2034) if it gave one.

    ``code`` is 0 when there was no reply at all; ``text`` then says why.
    """

    code: int
    text: str
    stage: Stage
    status: str = ""

    def __str__(self) -> str:
        return " ".join(part for part in (str(self.code or ""), self.status, self.text) if part)


class OutcomeKind(StrEnum):
    """What became of one attempt to hand over one message."""

    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    FAILED = "failed"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The end of one attempt: which delivery, what became of it, what the server said."""

    delivery_id: int
    kind: OutcomeKind
    reply: Reply


# --------------------------------------------------------------------- people


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """A person to be written to, and the subscription on whose ground we may do so.

    ``email`` is the address as given, ``email_normalised`` as it is compared.
    """

    subscriber_id: int
    list_id: int
    email: str
    email_normalised: str
    name: str = ""
    language: str = ""
    time_zone: str = ""


# --------------------------------------------------------------------- what comes back


class FeedbackKind(StrEnum):
    """What a report says about a message that we sent."""

    BOUNCE = "bounce"
    DELAY = "delay"
    DELIVERED = "delivered"
    COMPLAINT = "complaint"
    VACATION = "vacation"
    REPORT = "report"  # a provider tells of our mail's authentication, or takes a complaint back
    UNSUBSCRIBE = "unsubscribe"


class Reason(StrEnum):
    """Why a message was not delivered: a closed list."""

    UNKNOWN_ADDRESS = "unknown_address"
    UNKNOWN_DOMAIN = "unknown_domain"
    DISABLED = "disabled"
    MAILBOX_FULL = "mailbox_full"
    TOO_LARGE = "too_large"
    CONTENT = "content"
    SPAM = "spam"
    BLOCKED = "blocked"
    AUTHENTICATION = "authentication"
    RATE = "rate"
    SYSTEM = "system"
    NETWORK = "network"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackEvent:
    """What one report says about one recipient.

    ``permanent`` is true when the address itself is dead (a hard bounce), ``structured``
    when a report in fields says so (RFC 3464, RFC 5965), and not a text in somebody's words.
    ``bounce_address`` is the VERP address that the report was sent to, if it was.
    ``status`` is an enhanced status code (RFC 3463), or empty.
    """

    recipient: str
    kind: FeedbackKind
    permanent: bool = False
    structured: bool = False
    status: str = ""
    reason: Reason = Reason.UNKNOWN
    diagnostic: str = ""
    bounce_address: str = ""
    message_id: str = ""
