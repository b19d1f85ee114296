"""HMAC-SHA256 (RFC 2104) for a sender that signs several things for each message.

The standard library hashes the key anew for each signature, or copies three objects for it.
Here both padded keys are hashed once, and a signature costs two copies and two updates.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

BLOCK_OCTETS = 64  # of SHA-256


def prepare_mac(key: bytes) -> Callable[[bytes], bytes]:
    """Return what makes the HMAC-SHA256 of a message, in 32 octets, under this key."""
    short = key if len(key) <= BLOCK_OCTETS else hashlib.sha256(key).digest()
    padded = short.ljust(BLOCK_OCTETS, b"\0")
    copy_inner = hashlib.sha256(bytes(octet ^ 0x36 for octet in padded)).copy
    copy_outer = hashlib.sha256(bytes(octet ^ 0x5C for octet in padded)).copy

    def sign(message: bytes) -> bytes:
        inner, outer = copy_inner(), copy_outer()
        inner.update(message)
        outer.update(inner.digest())
        return outer.digest()

    return sign
