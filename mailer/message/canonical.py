"""The form of a message that DKIM signs: relaxed header, relaxed body (RFC 6376 §3.4).

Servers fold lines anew and squeeze white space; the relaxed form is the same before and after.
A compiled message is brought into it once, slots and all, so that for each recipient only the
values are left to be relaxed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from mailer.errors import MessageError
from mailer.types import CompiledMessage

# A slot's place while the literals around it are relaxed: NUL occurs in no encoded message.
_MARK = re.compile(rb"\0(\d+)\0")
_FIELD_END = re.compile(rb"\r\n(?![\t ])")
_WHITE_SPACE = re.compile(rb"[\t ]+(\r\n)?")
_EMPTY_LINES = re.compile(rb"(\r\n)+\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class RelaxedField:
    """A header field: its value with ``%s`` where a slot stands, and those slots' indexes."""

    name: bytes
    template: bytes
    slots: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RelaxedMessage:
    """A compiled message's header fields, in their order, and its body, all relaxed.

    The body is ``opening``, then, for each of ``rest``, the value of the slot with that index
    and a literal.
    """

    fields: tuple[RelaxedField, ...]
    opening: bytes = field(repr=False)
    rest: tuple[tuple[int, bytes], ...] = field(repr=False)


def relax_message(compiled: CompiledMessage) -> RelaxedMessage:
    """Bring a compiled message into its relaxed form. Raises MessageError if it has no body."""
    head, found, body = _mark_slots(compiled).partition(b"\r\n\r\n")
    if not found:
        raise MessageError("The compiled message has no empty line between header and body.")
    opening, *rest = _MARK.split(_EMPTY_LINES.sub(b"\r\n", relax_body(body)))
    return RelaxedMessage(
        fields=tuple(_read_field(line) for line in _FIELD_END.split(head)),
        opening=opening,
        rest=tuple(zip(map(int, rest[::2]), rest[1::2], strict=True)),
    )


def relax_words(value: bytes) -> bytes:
    """Unfold a header's value and squeeze its white space (RFC 6376 §3.4.2)."""
    return b" ".join(value.split())


def relax_body(text: bytes) -> bytes:
    """Squeeze white space, and drop it at the end of lines (RFC 6376 §3.4.4 a)."""
    return _WHITE_SPACE.sub(lambda found: found[1] or b" ", text)


def relax_value(encoded: bytes) -> bytes:
    """Relax an encoded value that stands between soft line breaks; most need nothing."""
    if b"  " in encoded or b"\t" in encoded:
        return relax_body(encoded)
    return encoded


def _mark_slots(compiled: CompiledMessage) -> bytes:
    first, *literals = compiled.literals
    pieces = [first]
    for index, literal in enumerate(literals):
        pieces += (b"\0%d\0" % index, literal)
    return b"".join(pieces)


def _read_field(line: bytes) -> RelaxedField:
    name, _, value = line.partition(b":")
    words = relax_words(value).replace(b"%", b"%%")
    slots = tuple(map(int, _MARK.findall(words)))
    return RelaxedField(name=name.lower(), template=_MARK.sub(b"%s", words), slots=slots)
