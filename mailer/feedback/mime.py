"""A reader of MIME that costs little whatever it is given (RFC 5322, RFC 2045, RFC 2046).

What comes back is written by strangers. The standard library's parser needs seconds for mail
with thousands of parts, or parts nested deep, so that one mail a second would stop a
listener. This one is bounded before it begins, and each step is one pass over the bytes. It
opens multiparts and nothing else: a message inside the message stays closed, so that a report
which somebody forwards is not taken for one of ours.
"""

from __future__ import annotations

import binascii
import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.errors import MessageError
from email.header import decode_header, make_header

from mailer.errors import UnreadableReport

# A bounce is a notice and at most a copy of our message, which is under 150 KB.
LARGEST_MAIL_OCTETS = 1_048_576
# Real reports nest three deep and have four parts; these leave room and bound the work.
DEEPEST_NESTING = 50
MOST_PARTS = 1_000
# Our messages have one recipient, and those that it is forwarded to are few.
MOST_RECIPIENTS = 50
# A file with reports is read whole; nobody's spool of thousands is.
MOST_MAILS = 50
# A header of more fields or a field of more characters says nothing that we look for.
MOST_FIELDS = 500
LONGEST_VALUE = 10_000
LONGEST_WORDS = 1_000
LONGEST_BOUNDARY = 200  # RFC 2046 §5.1.1 says 70; some senders say more

# Decoders by name, so that none with surprises (idna, punycode, unicode_escape) can be asked for.
CHARSETS = frozenset(
    {"us-ascii", "ascii", "utf-8", "utf8", "koi8-r", "iso-2022-jp", "shift_jis", "euc-jp"}
    | {"euc-kr", "gb2312", "gbk", "gb18030", "big5"}
    | {f"iso-8859-{number}" for number in (1, 2, 5, 7, 9, 15)}
    | {f"windows-{number}" for number in (1250, 1251, 1252, 1256)}
)

_FOLD = re.compile(rb"\n[ \t]+")
_FIELD = re.compile(rb"^([!-9;-~]{1,100})[ \t]{0,9}:(.*)", re.MULTILINE)
_BLANK_LINE = re.compile(rb"\n[ \t]*\n")
_LIKELY_DELIMITER = re.compile(rb"(?:^|\n)--([^\s]{1,200})[ \t]*\nContent-", re.IGNORECASE)
# RFC 4155: "From ", an address or a name, and the time as asctime writes it.
_MBOX = re.compile(
    rb"(?:^|(?<=\n))From [^\s]{0,320} +(?:\w{3} ){2}[ \d]\d \d\d:\d\d:\d\d [^\n]{0,40}\n"
)
_PARAMETER = re.compile(r";\s*([\w*-]{1,40})\s*=\s*(?:\"([^\"]*)\"|([^\s;\"]+))")

Fields = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A header and what stands below it, not decoded. Names of fields are in lower case."""

    fields: Fields
    body: bytes = field(repr=False)

    def get(self, name: str) -> str:
        """Return the first field of that name (given in lower case), or an empty string."""
        for each, value in self.fields:  # a loop takes half a generator's time, and this is hot
            if each == name:
                return value
        return ""

    def get_all(self, name: str) -> list[str]:
        """Return every field of that name (given in lower case)."""
        return [value for each, value in self.fields if each == name]

    @property
    def kind(self) -> str:
        """Return the media type in lower case; ``text/plain`` where none is given."""
        words = self.get("content-type").partition(";")[0].split()
        return words[0].lower() if words else "text/plain"

    def parameter(self, name: str) -> str:
        """Return a parameter of Content-Type, or an empty string."""
        found = _PARAMETER.findall(self.get("content-type"))
        return next((a or b for each, a, b in found if each.lower() == name), "")

    def text(self) -> str:
        """Return the body as text: transfer encoding and character set undone, never failing."""
        body = self.body
        encoding = self.get("content-transfer-encoding").strip().lower()
        if encoding == "quoted-printable":
            body = quopri.decodestring(body)
        elif encoding == "base64":
            body = _decode_base64(body)
        charset = self.parameter("charset").lower()
        text = body.decode(charset if charset in CHARSETS else "utf-8", "replace")
        return text.replace("\r\n", "\n").replace("\r", "\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail: its own header as ``top``, and its parts that are no multiparts, in order."""

    top: Part
    parts: tuple[Part, ...]

    def of_kind(self, *kinds: str) -> list[Part]:
        """Return the parts of these media types."""
        return [part for part in self.parts if part.kind in kinds]


def split_mbox(raw: bytes) -> list[bytes]:
    """Return the mails of an mbox (RFC 4155), without its own lines; another mail as it is.

    Raises UnreadableReport for one that is too large.
    """
    _refuse_large(raw)
    if not raw.startswith(b"From "):
        return [raw]
    text = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return [mail for mail in _MBOX.split(text, MOST_MAILS) if mail.strip()]


def read_mail(raw: bytes) -> Mail:
    """Return a mail's header and parts, whichever way its lines end.

    Raises UnreadableReport for one that is too large, too deep, or in too many parts.
    """
    _refuse_large(raw)
    top = cut(raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n"))
    return Mail(top=top, parts=tuple(_open(top)))


def cut(raw: bytes) -> Part:
    """Cut a message or a part in two at its first empty line; lines end in LF."""
    if raw.startswith(b"\n"):
        return Part(fields=(), body=raw[1:])
    head, _, body = raw.partition(b"\n\n")
    return Part(fields=read_fields(head), body=body)


def read_fields(head: bytes) -> Fields:
    """Return a header's fields: names in lower case, values unfolded and without NUL."""
    unfolded = _FOLD.sub(b" ", head).replace(b"\0", b"")
    return tuple(
        (name.decode("ascii").lower(), value[:LONGEST_VALUE].decode("utf-8", "replace").strip())
        for name, value in _FIELD.findall(unfolded)[:MOST_FIELDS]
    )


def read_blocks(text: str) -> list[Part]:
    """Return the groups of fields of a status report (RFC 3464 §2.1), split at empty lines."""
    blocks = _BLANK_LINE.split(text.strip().encode("utf-8", "replace"), MOST_PARTS)[:MOST_PARTS]
    return [Part(fields=read_fields(block), body=b"") for block in blocks]


def decode_words(value: str) -> str:
    """Return a header's value with its encoded words (RFC 2047) undone where that works."""
    if "=?" not in value:
        return value
    try:
        return str(make_header(decode_header(value[:LONGEST_WORDS])))
    except (ValueError, LookupError, MessageError):
        return value


def _refuse_large(raw: bytes) -> None:
    if len(raw) > LARGEST_MAIL_OCTETS:
        raise UnreadableReport(f"The mail has {len(raw)} octets, the limit is 1 MB.")


def _open(top: Part) -> Iterator[Part]:
    waiting, seen = [(top, 0)], 0
    while waiting:
        part, depth = waiting.pop()
        seen += 1
        if depth > DEEPEST_NESTING or seen + len(waiting) > MOST_PARTS:
            raise UnreadableReport("The mail has more parts than any report has.")
        children = _split(part) if part.kind.startswith("multipart/") else []
        if children:
            waiting += [(child, depth + 1) for child in reversed(children)]
        elif part.kind.startswith("multipart/"):  # its delimiters are lost: it is text
            yield Part(fields=(), body=part.body)
        else:
            yield part


def _split(part: Part) -> list[Part]:
    """Return a multipart's parts (RFC 2046 §5.1.1); none if its delimiter never occurs."""
    boundary = part.parameter("boundary")[:LONGEST_BOUNDARY].encode("utf-8", "replace").rstrip()
    if not boundary or b"--" + boundary not in part.body:
        found = _LIKELY_DELIMITER.search(part.body)  # some servers get their own boundary wrong
        if found is None:
            return []
        boundary = found[1]
    return _cut_at(part.body, b"--" + boundary)


def _cut_at(body: bytes, delimiter: bytes) -> list[Part]:
    """Return what stands between the lines that are the delimiter, or the last one's form of it."""
    children: list[Part] = []
    start = None
    for begin, end, last in _find_delimiters(body, delimiter):
        if start is not None:
            children.append(cut(body[start:begin]))
        start = end
        if last or len(children) > MOST_PARTS:
            return children
    if start is not None:  # the end was cut off
        children.append(cut(body[start:]))
    return children


def _find_delimiters(body: bytes, delimiter: bytes) -> Iterator[tuple[int, int, bool]]:
    """Find each delimiter's line: where it begins, where the next does, whether it is the last."""
    at = body.find(delimiter)
    while at >= 0:
        end = body.find(b"\n", at)
        end = len(body) if end < 0 else end
        rest = body[at + len(delimiter) : end].rstrip(b" \t")
        if (at == 0 or body[at - 1 : at] == b"\n") and rest in (b"", b"--"):
            yield max(at - 1, 0), end + 1, rest == b"--"
        at = body.find(delimiter, end)


def _decode_base64(body: bytes) -> bytes:
    try:
        return binascii.a2b_base64(body)
    except binascii.Error:
        return body
