"""Merging: a recipient's values into the slots, as one join of bytes."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping

from mailer.errors import MessageError
from mailer.message.quoted import encode_value
from mailer.types import CompiledMessage, Slot, SlotContext

# A header's value may be folded, before something visible; nothing else may end its line.
_FOLD = re.compile(r"\r\n (?=[!-~])")
_UNSAFE_IN_HEADER = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
# RFC 5322 §2.1.1 allows 998 octets a line; what stands around a slot needs fewer than 98.
LONGEST_IN_HEADER = 900
_PLAIN_HEADER = re.compile(rf"[ -~]{{0,{LONGEST_IN_HEADER}}}")


def merge(compiled: CompiledMessage, values: Mapping[str, str]) -> bytes:
    """Return the message for one recipient: dot-stuffed, CRLF, no line over 998 octets.

    Raises MessageError for a value that is missing or that would break a header.
    """
    return b"".join(fill_slots(compiled, values))


def fill_slots(compiled: CompiledMessage, values: Mapping[str, str]) -> list[bytes]:
    """Return the message as its pieces: literals and encoded values in turns.

    Raises MessageError as ``merge`` does.
    """
    # A value is encoded once for each context, however often it stands in the message.
    encoded: dict[str, bytes] = {}
    pieces = [compiled.literals[0]]
    for slot, literal in zip(compiled.slots, compiled.literals[1:], strict=True):
        # A plain string: hashing an Enum's member costs more than the rest of this line.
        key = slot.context + slot.name
        if key not in encoded:
            encoded[key] = _encode(slot, values)
        pieces += (encoded[key], literal)
    return pieces


def _encode(slot: Slot, values: Mapping[str, str]) -> bytes:
    try:
        value = values[slot.name]
    except KeyError:
        raise MessageError(f"There is no value for {slot.name!r}.") from None
    return ENCODERS[slot.context](value)


def _encode_header(value: str) -> bytes:
    if _PLAIN_HEADER.fullmatch(value):
        return value.encode()
    lines = _FOLD.split(value)
    if any(_UNSAFE_IN_HEADER.search(line) for line in lines):
        raise MessageError(f"The value {value[:80]!r} would break its header.")
    encoded = [line.encode() for line in lines]
    if max(map(len, encoded)) > LONGEST_IN_HEADER:
        raise MessageError(f"The value {value[:80]!r}… is too long for a line of a header.")
    return b"\r\n ".join(encoded)


def _encode_html(value: str) -> bytes:
    return encode_value(html.escape(value, quote=True))


ENCODERS: dict[SlotContext, Callable[[str], bytes]] = {
    SlotContext.HEADER: _encode_header,
    SlotContext.HTML: _encode_html,
    SlotContext.TEXT: encode_value,
}
