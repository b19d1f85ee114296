"""Whom we trust under TLS."""

from __future__ import annotations

import ssl
from functools import cache


@cache
def make_context(ca_file: str) -> ssl.SSLContext:
    """Return a context that checks certificates, by the system's authorities or a file's own.

    It is made once: reading the authorities takes longer than a handshake.
    """
    return ssl.create_default_context(cafile=ca_file or None)
