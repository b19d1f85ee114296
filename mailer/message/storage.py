"""A compiled message as bytes for the database, and back."""

from __future__ import annotations

import json
import zlib
from typing import Any

from mailer.errors import MessageError
from mailer.types import CompiledMessage, Slot, SlotContext

VERSION = 1
# Far above any bulletin with embedded pictures; a bound on what a damaged row can unpack to.
LARGEST_OCTETS = 64 * 1024 * 1024
# What a reader of bytes that are not ours may stumble over.
DAMAGES = (zlib.error, ValueError, KeyError, TypeError, AttributeError, RecursionError)


def dump(compiled: CompiledMessage) -> bytes:
    """Return the message as compressed JSON."""
    content = {
        "version": VERSION,
        "literals": [literal.decode() for literal in compiled.literals],
        "slots": [[slot.name, slot.context] for slot in compiled.slots],
    }
    return zlib.compress(json.dumps(content).encode(), level=6)


def load(data: bytes) -> CompiledMessage:
    """Return the message that ``dump`` wrote. Raises MessageError if it is damaged."""
    unpacker = zlib.decompressobj()
    try:
        unpacked = unpacker.decompress(data, LARGEST_OCTETS)
        if not unpacker.eof or unpacker.unused_data:
            raise ValueError("cut short, too large, or longer than it was written")
        return _read(json.loads(unpacked))
    except DAMAGES as error:
        raise MessageError("The compiled message is damaged: freeze the mailing again.") from error


def _read(content: dict[str, Any]) -> CompiledMessage:
    literals = tuple(text.encode() for text in content["literals"])
    slots = tuple(
        Slot(name=str(name), context=SlotContext(context)) for name, context in content["slots"]
    )
    if content["version"] != VERSION or len(literals) != len(slots) + 1:
        raise ValueError("another version, or another shape")
    return CompiledMessage(literals=literals, slots=slots)
