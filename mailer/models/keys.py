"""The key with which addresses and identities of mail are signed."""

from __future__ import annotations

import hashlib
import hmac
from functools import cache

from django.conf import settings


@cache
def identity_key() -> bytes:
    """Return the key of bounce addresses and Message-IDs, derived from the secret key.

    A key of its own, so that no signature made here is valid anywhere else.
    """
    secret = settings.SECRET_KEY.encode()
    return hmac.digest(secret, b"masthead: identity of mail", hashlib.sha256)
