"""DKIM's keys: made, written, read, and shown to the world as a DNS record (RFC 6376 §3.6.1)."""

from __future__ import annotations

import base64
import re
from enum import StrEnum

import idna
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from mailer.errors import InvalidSigningKey

SigningKey = RSAPrivateKey | Ed25519PrivateKey

# Large receivers refuse shorter ones; longer ones cost several times as much for each message,
# and their record no longer fits a DNS answer over UDP (RFC 8301 §3.2).
RSA_BITS = 2048
RSA_EXPONENT = 65_537
STRING_OCTETS = 255  # RFC 1035 §3.3: one string of a TXT record

_LABEL = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"{_LABEL}(\.{_LABEL})*")


class Algorithm(StrEnum):
    """With what a key signs; the values are those of a record's ``k=``."""

    RSA = "rsa"
    ED25519 = "ed25519"  # RFC 8463


def make_key(algorithm: Algorithm) -> str:
    """Make a private key and return it as PEM (PKCS #8)."""
    key: SigningKey = Ed25519PrivateKey.generate()
    if algorithm is Algorithm.RSA:
        key = generate_private_key(RSA_EXPONENT, RSA_BITS)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def read_key(pem: str) -> SigningKey:
    """Return the private key that PEM holds. Raises InvalidSigningKey if it can't sign mail."""
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise InvalidSigningKey("This is no private key in PEM without a password.") from error
    if isinstance(key, RSAPrivateKey) and key.key_size < RSA_BITS:
        raise InvalidSigningKey(
            f"An RSA key of {key.key_size} bits is too short: make one of {RSA_BITS}."
        )
    if not isinstance(key, RSAPrivateKey | Ed25519PrivateKey):
        raise InvalidSigningKey("DKIM knows RSA and Ed25519 keys only (RFC 8463).")
    return key


def algorithm_of(key: SigningKey) -> Algorithm:
    """Return with what a key signs."""
    return Algorithm.RSA if isinstance(key, RSAPrivateKey) else Algorithm.ED25519


def write_record(key: SigningKey) -> str:
    """Return the value of the TXT record that lets everybody verify what the key signs."""
    public = key.public_key()
    if isinstance(key, RSAPrivateKey):
        octets = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    else:  # RFC 8463 §4: the bare key, with no structure around it
        octets = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return f"v=DKIM1; k={algorithm_of(key)}; p={base64.b64encode(octets).decode()}"


def split_record(value: str) -> str:
    """Return a TXT record's value as zone files want it: quoted strings of 255 octets at most."""
    starts = range(0, len(value), STRING_OCTETS)
    return " ".join(f'"{value[start : start + STRING_OCTETS]}"' for start in starts)


def clean_name(what: str, name: str) -> str:
    """Return a domain or selector in lower-case ASCII. Raises InvalidSigningKey if it is none."""
    try:
        plain = name if name.isascii() else idna.encode(name, uts46=True).decode()
    except idna.IDNAError as error:
        raise InvalidSigningKey(f"{name[:80]!r} is no {what}: {error}.") from error
    plain = plain.lower().removesuffix(".")
    if not _NAME.fullmatch(plain) or len(plain) > 253:
        raise InvalidSigningKey(f"{name[:80]!r} is no {what}: write one such as news.example.org.")
    return plain
