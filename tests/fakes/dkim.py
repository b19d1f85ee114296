"""DKIM keys of the tests, and a verifier that is not ours.

dkimpy parses, canonicalises, hashes and judges. It takes Ed25519's arithmetic from PyNaCl;
here ``cryptography`` lends it that one step.
"""

from __future__ import annotations

import base64
from functools import cache
from types import SimpleNamespace

import dkim
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from mailer.message.dkim import Signer
from mailer.message.signing_keys import Algorithm, make_key, read_key, write_record

DOMAIN = "harbour.example"
SIGNED_AT = 1_772_352_000


class VerifyKey:
    """Stand where dkimpy expects PyNaCl's key."""

    def __init__(self, text: bytes, encoder: object) -> None:  # noqa: ARG002 - as PyNaCl's
        self.key = Ed25519PublicKey.from_public_bytes(base64.b64decode(text))

    def verify(self, data: bytes, signature: bytes) -> None:
        self.key.verify(signature, data)


dkim.nacl = SimpleNamespace(
    signing=SimpleNamespace(VerifyKey=VerifyKey),
    encoding=SimpleNamespace(Base64Encoder=None),
    exceptions=SimpleNamespace(BadSignatureError=InvalidSignature, ValueError=ValueError),
)


@cache
def make_signer(algorithm: Algorithm, domain: str = DOMAIN) -> Signer:
    """Return a signer whose key is made once for all tests."""
    key = read_key(make_key(algorithm))
    return Signer(domain=domain, selector=f"test-{algorithm}", key=key)


RSA, ED25519 = make_signer(Algorithm.RSA), make_signer(Algorithm.ED25519)


def verify(raw: bytes, index: int = 0, *, signers: tuple[Signer, ...] = (RSA, ED25519)) -> bool:
    """Say whether a message's signature with this index, from the top, is good."""
    records = {
        f"{signer.selector}._domainkey.{signer.domain}.": write_record(signer.key)
        for signer in signers
    }

    def look_up(name: bytes, timeout: float = 5) -> bytes:
        return records.get(name.decode(), "").encode()

    try:
        return bool(dkim.DKIM(raw, minkey=2048).verify(index, dnsfunc=look_up))
    except dkim.DKIMException:
        return False
