"""Merging: a recipient's values into the slots, as one join of bytes."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from itertools import chain, zip_longest

from mailer.errors import MessageError
from mailer.message.quoted import encode_value
from mailer.types import CompiledMessage, Slot, SlotContext

# A header's value may be folded (CRLF and one space); anything else that ends a line is refused.
_UNSAFE_IN_HEADER = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029]")


def merge(compiled: CompiledMessage, values: Mapping[str, str]) -> bytes:
    """Return the message for one recipient: dot-stuffed, CRLF, no line over 998 octets.

    Raises MessageError for a value that is missing or that would break a header.
    """
    encoded: dict[Slot, bytes] = {}
    for slot in compiled.slots:
        if slot not in encoded:
            encoded[slot] = _encode(slot, values)
    filled = (encoded[slot] for slot in compiled.slots)
    return b"".join(chain.from_iterable(zip_longest(compiled.literals, filled, fillvalue=b"")))


def _encode(slot: Slot, values: Mapping[str, str]) -> bytes:
    try:
        value = values[slot.name]
    except KeyError:
        raise MessageError(f"There is no value for {slot.name!r}.") from None
    return ENCODERS[slot.context](value)


def _encode_header(value: str) -> bytes:
    if _UNSAFE_IN_HEADER.search(value.replace("\r\n ", "")):
        raise MessageError(f"The value {value[:80]!r} would break its header.")
    return value.encode(errors="replace")


def _encode_html(value: str) -> bytes:
    return encode_value(html.escape(value, quote=True))


ENCODERS: dict[SlotContext, Callable[[str], bytes]] = {
    SlotContext.HEADER: _encode_header,
    SlotContext.HTML: _encode_html,
    SlotContext.TEXT: encode_value,
}
