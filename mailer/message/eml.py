"""A merged message as a file that mail programs open (.eml)."""

from __future__ import annotations

from collections.abc import Mapping

from mailer.message.merge import merge
from mailer.types import CompiledMessage


def write_eml(compiled: CompiledMessage, values: Mapping[str, str]) -> bytes:
    """Return the message as a complete file, for one reader, with dot-stuffing undone.

    Raises MessageError as ``merge`` does.
    """
    lines = merge(compiled, values).split(b"\r\n")
    return b"\r\n".join(line.removeprefix(b".") for line in lines)
