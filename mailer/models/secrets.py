"""Secrets at rest: what the database keeps of passwords and keys can't be read without ours.

Fernet (AES-128-CBC with an HMAC-SHA256 over it) under a key that HKDF (RFC 5869) derives
from the secret key, one for each purpose: a password sealed as one thing is never taken for
another. A stolen database tells nothing; whoever has the secret key as well has everything.
"""

from __future__ import annotations

import base64
from functools import cache

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from mailer.errors import UnreadableSecret

FERNET_KEY_BYTES = 32


def seal(secret: str, *, purpose: str) -> str:
    """Encrypt a secret for ``purpose`` (such as ``transport``), as ASCII text for a column."""
    return _cipher(settings.SECRET_KEY, purpose).encrypt(secret.encode()).decode()


def unseal(sealed: str, *, purpose: str) -> str:
    """Return what was sealed for ``purpose``.

    Raises UnreadableSecret if the secret key is another one now, or the text was changed.
    """
    try:
        return _cipher(settings.SECRET_KEY, purpose).decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise UnreadableSecret(
            f"A stored secret ({purpose}) can't be read: MASTHEAD_SECRET_KEY is not the one that "
            "it was stored under. Restore that key, or enter the secret anew."
        ) from error


@cache
def _cipher(secret_key: str, purpose: str) -> Fernet:
    info = f"masthead: secrets at rest: {purpose}".encode()
    derive = HKDF(algorithm=SHA256(), length=FERNET_KEY_BYTES, salt=None, info=info)
    return Fernet(base64.urlsafe_b64encode(derive.derive(secret_key.encode())))
