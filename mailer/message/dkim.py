"""DKIM signatures (RFC 6376, RFC 8463): what we say of a message, under our domain's name.

A recipient costs the hash of what follows the first slot, a few header fields, and the
signature itself. All that is the same for every reader is hashed once: SHA-256 is a state
that can be copied and fed on. There is no ``l=`` (anything could be appended) and no ``x=``.
"""

from __future__ import annotations

import hashlib
from binascii import b2a_base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256

from mailer.message.canonical import (
    RelaxedField,
    RelaxedMessage,
    relax_message,
    relax_value,
    relax_words,
)
from mailer.message.merge import MergePlan, fill_slots, plan_merge
from mailer.message.signing_keys import SigningKey, algorithm_of
from mailer.types import CompiledMessage

if TYPE_CHECKING:
    from hashlib import _Hash

# What a reader or a mail program acts on. Each is signed once more than it occurs, so that
# nobody can add another one (RFC 6376 §8.15); RFC 8058 §4 asks for those of List-Unsubscribe.
SIGNED_HEADERS = (
    b"from",
    b"sender",
    b"reply-to",
    b"to",
    b"cc",
    b"subject",
    b"date",
    b"message-id",
    b"in-reply-to",
    b"references",
    b"list-id",
    b"list-help",
    b"list-archive",
    b"list-unsubscribe",
    b"list-unsubscribe-post",
    b"feedback-id",
    b"content-language",
    b"mime-version",
    b"content-type",
    b"content-transfer-encoding",
)
FIELD = "DKIM-Signature:"
NAMES_A_LINE = 4  # of the longest ones: within the 78 octets that RFC 5322 §2.1.1 recommends
OCTETS_A_LINE = 72  # of a signature in Base64

_PADDING = PKCS1v15()
_PREHASHED = Prehashed(SHA256())


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """A key, and where its public half is found: ``<selector>._domainkey.<domain>``."""

    domain: str
    selector: str
    key: SigningKey = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignableMessage:
    """A compiled message with all that its recipients share prepared.

    ``names`` is the list of signed fields (``h=``). ``head`` has hashed the signed fields that
    are the same for everybody, ``opening`` the body up to its first slot; ``fields`` and
    ``rest`` are what follows in each, as in RelaxedMessage.
    """

    plan: MergePlan = field(repr=False)
    names: bytes
    head: _Hash = field(repr=False)
    fields: tuple[RelaxedField, ...]
    opening: _Hash = field(repr=False)
    rest: tuple[tuple[int, bytes], ...] = field(repr=False)


def prepare_signing(compiled: CompiledMessage) -> SignableMessage:
    """Prepare a compiled message, once, for being signed for many recipients."""
    relaxed = relax_message(compiled)
    fields = _choose_fields(relaxed)
    fixed = [each for each in fields if not each.slots]
    return SignableMessage(
        plan=plan_merge(compiled),
        names=_list_names(fields),
        head=hashlib.sha256(b"".join(_fill(each, ()) for each in fixed)),
        fields=tuple(each for each in fields if each.slots),
        opening=hashlib.sha256(relaxed.opening),
        rest=relaxed.rest,
    )


def merge_signed(
    signable: SignableMessage,
    values: Mapping[str, str],
    signers: Sequence[Signer],
    *,
    signed_at: int,
) -> bytes:
    """Return the message for one recipient in one piece, as ``merge_in_pieces`` makes it."""
    return b"".join(merge_in_pieces(signable, values, signers, signed_at=signed_at))


def merge_in_pieces(
    signable: SignableMessage,
    values: Mapping[str, str],
    signers: Sequence[Signer],
    *,
    signed_at: int,
) -> tuple[bytes, ...]:
    """Return the message for one recipient, a DKIM-Signature of each signer at its top.

    Its literals are the same objects in every recipient's message. ``signed_at`` is in seconds
    since 1970. No line of the message begins with a dot, so what is signed is also what travels
    (RFC 5321 §4.5.2). Raises MessageError as ``merge`` does.
    """
    pieces = fill_slots(signable.plan, values)
    if not signers:
        return tuple(pieces)
    filled = pieces[1::2]
    body_hash = b2a_base64(_hash_body(signable, filled), newline=False)
    head = _hash_head(signable, filled)
    lines = [
        _sign(signer, head.copy(), _begin(signer, signable, body_hash, signed_at))
        for signer in signers
    ]
    return (*lines, *pieces)


def _choose_fields(relaxed: RelaxedMessage) -> list[RelaxedField]:
    """Return the fields to sign, those of one name from the last to the first (§5.4.2).

    Names that differ from reader to reader come last: what goes before is hashed once.
    """
    by_name: dict[bytes, list[RelaxedField]] = {name: [] for name in SIGNED_HEADERS}
    for each in reversed(relaxed.fields):
        if each.name in by_name:
            by_name[each.name].append(each)
    groups = sorted(by_name.values(), key=lambda group: any(each.slots for each in group))
    return [each for group in groups for each in group]


def _list_names(fields: Sequence[RelaxedField]) -> bytes:
    """Return ``h=``: the names in the order in which they are hashed, then each once more."""
    names = [each.name for each in fields] + list(SIGNED_HEADERS)
    starts = range(0, len(names), NAMES_A_LINE)
    lines = [b":".join(names[start : start + NAMES_A_LINE]) for start in starts]
    return b":\r\n ".join(lines)


def _fill(each: RelaxedField, filled: Sequence[bytes]) -> bytes:
    value = each.template % tuple([filled[index] for index in each.slots])
    return b"%s:%s\r\n" % (each.name, relax_words(value))


def _hash_body(signable: SignableMessage, filled: Sequence[bytes]) -> bytes:
    state = signable.opening.copy()
    for index, literal in signable.rest:
        state.update(relax_value(filled[index]))
        state.update(literal)
    return state.digest()


def _hash_head(signable: SignableMessage, filled: Sequence[bytes]) -> _Hash:
    state = signable.head.copy()
    state.update(b"".join([_fill(each, filled) for each in signable.fields]))
    return state


def _begin(signer: Signer, signable: SignableMessage, body_hash: bytes, signed_at: int) -> bytes:
    """Return the DKIM-Signature field up to its signature (RFC 6376 §3.5)."""
    return (
        f"{FIELD} v=1; a={algorithm_of(signer.key)}-sha256; c=relaxed/relaxed;\r\n"
        f" d={signer.domain};\r\n s={signer.selector}; t={signed_at};\r\n h="
    ).encode() + b"%s;\r\n bh=%s;\r\n b=" % (signable.names, body_hash)


def _sign(signer: Signer, state: _Hash, line: bytes) -> bytes:
    """Return the whole field; its own relaxed form, with ``b=`` empty, is hashed last (§3.7)."""
    state.update(b"dkim-signature:" + relax_words(line[len(FIELD) :]))
    signature = b2a_base64(_apply(signer.key, state.digest()), newline=False)
    starts = range(0, len(signature), OCTETS_A_LINE)
    folded = b"\r\n ".join([signature[start : start + OCTETS_A_LINE] for start in starts])
    return b"%s%s\r\n" % (line, folded)


def _apply(key: SigningKey, digest: bytes) -> bytes:
    if isinstance(key, RSAPrivateKey):
        return key.sign(digest, _PADDING, _PREHASHED)
    return key.sign(digest)  # RFC 8463 §3: Ed25519 over the SHA-256, not over the text
