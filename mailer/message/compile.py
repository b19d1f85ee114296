"""Compiling a rendered issue: MIME built once, cut into literal bytes and slots."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable

from mailer.errors import MessageError
from mailer.message.headers import (
    LetterHeaders,
    MessageHeaders,
    write_headers,
    write_letter_headers,
)
from mailer.message.quoted import SOFT_BREAK, encode_text
from mailer.providers import MARK
from mailer.types import (
    SLOT_PATTERN,
    CompiledMessage,
    Picture,
    RenderedIssue,
    Slot,
    SlotContext,
    SlotName,
)

Piece = bytes | Slot

# A slot's marks that SLOT_PATTERN did not find, in whatever state some stage left them.
_MANGLED = re.compile(r"MHSLOT|TOLSHM", re.IGNORECASE)

# The headers that differ from reader to reader.
LETTER_HEADERS: tuple[Piece, ...] = (
    b"To: ",
    Slot(name="to", context=SlotContext.HEADER),
    b"\r\nMessage-ID: <",
    Slot(name="message_id", context=SlotContext.HEADER),
    b">\r\n",
)
ONE_CLICK_HEADERS: tuple[Piece, ...] = (
    b"List-Unsubscribe: <",
    Slot(name=SlotName.UNSUBSCRIBE_URL.value, context=SlotContext.HEADER),
    b">\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n",
)
# RFC 8058 §3.1 wants one HTTPS URI; the mailto beside it serves mail programs that know only
# RFC 2369.
RECIPIENT_HEADERS: tuple[Piece, ...] = (
    *LETTER_HEADERS[:-1],
    b">\r\nList-Unsubscribe: <",
    Slot(name=SlotName.UNSUBSCRIBE_URL.value, context=SlotContext.HEADER),
    b">,\r\n <mailto:",
    Slot(name="unsubscribe_mailto", context=SlotContext.HEADER),
    b"?subject=unsubscribe>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n",
)


def compile_message(
    rendered: RenderedIssue,
    *,
    headers: MessageHeaders,
    embed_pictures: bool = False,
    identity_headers: Iterable[str] = (),
) -> CompiledMessage:
    """Build the message once and cut it at its slots.

    ``identity_headers`` are further lines, each with the mark of ``mailer.providers`` where the
    Message-ID goes. With ``embed_pictures`` the pictures travel inside the message (RFC 2387),
    and the HTML must refer to them as ``cid:<name>``. Raises MessageError for a slot that nobody
    fills and for a header that its value would break.
    """
    if _MANGLED.search(rendered.subject):
        raise MessageError("The subject has a slot: it is the same for every reader.")
    pictures = rendered.pictures if embed_pictures else ()
    lines = write_headers(headers, subject=rendered.subject, language=rendered.language)
    head = "".join(f"{line}\r\n" for line in lines).encode("ascii")
    own = [piece for line in identity_headers for piece in _cut_header(line)]
    return _assemble([head, *own, *RECIPIENT_HEADERS, *_alternative(rendered, pictures)])


def _cut_header(line: str) -> list[Piece]:
    before, _, after = line.partition(MARK)
    middle = Slot(name="message_id", context=SlotContext.HEADER)
    return [before.encode("ascii"), middle, f"{after}\r\n".encode("ascii")]


def compile_letter(
    rendered: RenderedIssue, *, headers: LetterHeaders, can_leave: bool
) -> CompiledMessage:
    """Build a letter to one person: its address and identity are the slots.

    With ``can_leave`` it says in its header how to leave its list. Raises MessageError as
    ``compile_message`` does.
    """
    lines = write_letter_headers(headers, subject=rendered.subject, language=rendered.language)
    head = "".join(f"{line}\r\n" for line in lines).encode("ascii")
    leave = ONE_CLICK_HEADERS if can_leave else ()
    return _assemble([head, *LETTER_HEADERS, *leave, *_alternative(rendered, ())])


def _alternative(rendered: RenderedIssue, pictures: Iterable[Picture]) -> list[Piece]:
    html = _part("text/html", rendered.html, SlotContext.HTML)
    attached = [_attachment(picture) for picture in pictures]
    if attached:
        html = _multipart('related; type="text/html"', [html, *attached], seed=rendered.html)
    text = _part("text/plain", rendered.text, SlotContext.TEXT)
    return _multipart("alternative", [text, html], seed=rendered.text)


def _multipart(kind: str, parts: list[list[Piece]], *, seed: str) -> list[Piece]:
    """Return parts between boundaries; ``=_`` never occurs in quoted-printable or Base64."""
    digest = hashlib.sha256(f"{kind}{seed}".encode(errors="replace")).hexdigest()
    boundary = b"=_" + digest[:32].encode()
    start = b'Content-Type: multipart/%s;\r\n boundary="%s"\r\n\r\n' % (kind.encode(), boundary)
    pieces: list[Piece] = [start]
    for part in parts:
        pieces += [b"--%s\r\n" % boundary, *part, b"\r\n"]
    return [*pieces, b"--%s--\r\n" % boundary]


def _part(media_type: str, text: str, context: SlotContext) -> list[Piece]:
    head = (
        f"Content-Type: {media_type}; charset=utf-8\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    )
    return [head.encode(), *_cut(text, context)]


def _attachment(picture: Picture) -> list[Piece]:
    head = (
        f"Content-Type: {picture.media_type}\r\n"
        "Content-Transfer-Encoding: base64\r\n"
        f"Content-ID: <{picture.name}>\r\n"
        f'Content-Disposition: inline;\r\n filename="{picture.name}"\r\n\r\n'
    )
    return [head.encode(), base64.encodebytes(picture.data).replace(b"\n", b"\r\n")]


def _cut(text: str, context: SlotContext) -> list[Piece]:
    """Return a body in quoted-printable; each slot stands alone between soft line breaks."""
    pieces: list[Piece] = []
    literals = SLOT_PATTERN.split(text)
    for index, literal in enumerate(literals):
        if index % 2:
            pieces.append(Slot(name=_known(literal), context=context))
            continue
        if _MANGLED.search(literal):
            raise MessageError("A slot was damaged on its way: its marks stand in the content.")
        encoded = encode_text(literal)
        before = SOFT_BREAK if index else b""
        after = SOFT_BREAK if index < len(literals) - 1 else b""
        pieces.append(before + encoded + after)
    return pieces


def _known(name: str) -> str:
    if name not in set(SlotName):
        raise MessageError(f"The theme has a slot {name!r}: known are {', '.join(SlotName)}.")
    return name


def _assemble(pieces: Iterable[Piece]) -> CompiledMessage:
    """Join neighbouring literals, so that literals and slots take turns."""
    literals: list[list[bytes]] = [[]]
    slots: list[Slot] = []
    for piece in pieces:
        if isinstance(piece, Slot):
            slots.append(piece)
            literals.append([])
        else:
            literals[-1].append(piece)
    return CompiledMessage(
        literals=tuple(b"".join(parts) for parts in literals), slots=tuple(slots)
    )
