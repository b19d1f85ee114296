"""Merging: a recipient's values into the slots, as one join of bytes."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from mailer.errors import MessageError
from mailer.message.quoted import cut_plain, encode_value
from mailer.types import CompiledMessage, SlotContext

# A header's value may be folded, before something visible; nothing else may end its line.
_FOLD = re.compile(r"\r\n (?=[!-~])")
_UNSAFE_IN_HEADER = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
# RFC 5322 §2.1.1 allows 998 octets a line; what stands around a slot needs fewer than 98.
LONGEST_IN_HEADER = 900
# A value of which neither HTML nor quoted-printable escapes anything, as most are.
_PLAIN_IN_BODIES = re.compile(r"[ !#-%(-;?-~]*[!#-%(-;?-~]")
_PLAIN_HEADER = re.compile(rf"[ -~]{{0,{LONGEST_IN_HEADER}}}")


@dataclass(frozen=True, slots=True, kw_only=True)
class MergePlan:
    """A compiled message sorted by what a merge does: each value is encoded once.

    ``template`` is the message as pieces, empty where slots stand. ``headers`` are pairs of a
    value's name and the piece that it fills; ``bodies`` have a name, its pieces in the text,
    and its pieces in the HTML.
    """

    template: tuple[bytes, ...] = field(repr=False)
    headers: tuple[tuple[str, int], ...]
    bodies: tuple[tuple[str, tuple[int, ...], tuple[int, ...]], ...]


def plan_merge(compiled: CompiledMessage) -> MergePlan:
    """Sort a message's slots, once for all recipients."""
    template = [compiled.literals[0]]
    places: dict[SlotContext, dict[str, list[int]]] = {context: {} for context in SlotContext}
    for slot, literal in zip(compiled.slots, compiled.literals[1:], strict=True):
        places[slot.context].setdefault(slot.name, []).append(len(template))
        template += (b"", literal)
    text, page = places[SlotContext.TEXT], places[SlotContext.HTML]
    return MergePlan(
        template=tuple(template),
        headers=tuple((name, at) for name, ats in places[SlotContext.HEADER].items() for at in ats),
        bodies=tuple(
            (name, tuple(text.get(name, ())), tuple(page.get(name, ())))
            for name in dict.fromkeys((*text, *page))
        ),
    )


def merge(compiled: CompiledMessage, values: Mapping[str, str]) -> bytes:
    """Return the message for one recipient: dot-stuffed, CRLF, no line over 998 octets.

    Raises MessageError for a value that is missing or that would break a header.
    """
    return b"".join(fill_slots(plan_merge(compiled), values))


def fill_slots(plan: MergePlan, values: Mapping[str, str]) -> list[bytes]:
    """Return the message as its pieces: literals and encoded values in turns.

    Raises MessageError as ``merge`` does.
    """
    pieces = list(plan.template)
    try:
        for name, at in plan.headers:
            value = values[name]
            plain = _PLAIN_HEADER.fullmatch(value)
            pieces[at] = value.encode() if plain else _encode_header(value)
        for name, in_text, in_html in plan.bodies:
            text, page = _encode_for_bodies(values[name])
            for at in in_text:
                pieces[at] = text
            for at in in_html:
                pieces[at] = page
    except KeyError as error:
        raise MessageError(f"There is no value for {error.args[0]!r}.") from None
    return pieces


def _encode_for_bodies(value: str) -> tuple[bytes, bytes]:
    """Return a value as the text part and as the HTML part want it."""
    if _PLAIN_IN_BODIES.fullmatch(value):
        encoded = cut_plain(value)
        return encoded, encoded
    return encode_value(value), encode_value(html.escape(value, quote=True))


def _encode_header(value: str) -> bytes:
    lines = _FOLD.split(value)
    if any(_UNSAFE_IN_HEADER.search(line) for line in lines):
        raise MessageError(f"The value {value[:80]!r} would break its header.")
    encoded = [line.encode() for line in lines]
    if max(map(len, encoded)) > LONGEST_IN_HEADER:
        raise MessageError(f"The value {value[:80]!r}… is too long for a line of a header.")
    return b"\r\n ".join(encoded)
