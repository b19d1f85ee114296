"""Amazon SNS, which carries the events of SES: its signatures, and joining a topic.

Anybody with an account there can have SNS post to us, rightly signed, so the topic must be one
of ours as well. The certificate is fetched from Amazon's own host over HTTPS alone, so that
nobody chooses for us which key to trust or which server to ask.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any
from urllib.request import HTTPRedirectHandler, build_opener

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, HashAlgorithm

from mailer.errors import ForgedPost
from mailer.feedback.webhooks.post import Post, check_moment

_HOST = r"https://sns\.[a-z0-9-]{3,30}\.amazonaws\.com(\.cn)?"
CERTIFICATE_URL = re.compile(rf"{_HOST}/SimpleNotificationService-[0-9a-f]{{8,64}}\.pem")
CONFIRM_URL = re.compile(rf"{_HOST}/\?Action=ConfirmSubscription&[!-~]{{1,2000}}")
PATIENCE_SECONDS = 5.0
LARGEST_ANSWER = 65_536
HASHES: dict[str, Callable[[], HashAlgorithm]] = {"1": SHA1, "2": SHA256}

# What each type of message signs, in this order, where it is there.
_JOINING = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
SIGNED: dict[str, tuple[str, ...]] = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": _JOINING,
    "UnsubscribeConfirmation": _JOINING,
}


class _NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """Go nowhere but where we were sent first."""


def fetch(url: str) -> bytes:
    """Return what Amazon's host has at an address that was checked to be its own."""
    with build_opener(_NoRedirect).open(url, timeout=PATIENCE_SECONDS) as answer:
        return bytes(answer.read(LARGEST_ANSWER))


def check_sns(post: Post, topics: str) -> None:
    """Raise ForgedPost unless SNS signed the message, lately, and for a topic of ours."""
    message = read_message(post.body)
    if message.get("TopicArn") not in topics.split(","):
        raise ForgedPost("The post is of another topic.")
    _check_signature(message, now=post.received_at)
    check_moment(post, _read_time(message))


def join_topic(message: Mapping[str, Any]) -> None:
    """Confirm that we want a topic's messages, where a checked message asks. Raises ForgedPost."""
    url = str(message.get("SubscribeURL"))
    if not CONFIRM_URL.fullmatch(url):
        raise ForgedPost("The address to confirm at is not Amazon's.")
    _ask(url)


def read_message(body: bytes) -> Mapping[str, Any]:
    """Return the message that a post's body is. Raises ForgedPost if it is none."""
    try:
        message = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ForgedPost("The post is no message of SNS.") from error
    if not isinstance(message, dict) or message.get("Type") not in SIGNED:
        raise ForgedPost("The post is no message of SNS.")
    return message


def _list_signed(message: Mapping[str, Any]) -> bytes:
    names = (name for name in SIGNED[message["Type"]] if name in message)
    return "".join(f"{name}\n{message[name]}\n" for name in names).encode("utf-8", "replace")


def _check_signature(message: Mapping[str, Any], *, now: dt.datetime) -> None:
    algorithm = HASHES.get(str(message.get("SignatureVersion")))
    if algorithm is None:
        raise ForgedPost("The signature is of no version that we know.")
    key = _load_key(str(message.get("SigningCertURL")), now=now)
    try:
        signature = base64.b64decode(str(message.get("Signature")), validate=True)
        key.verify(signature, _list_signed(message), PKCS1v15(), algorithm())
    except (ValueError, InvalidSignature) as error:
        raise ForgedPost("The signature is not of this message.") from error


def _read_time(message: Mapping[str, Any]) -> dt.datetime:
    try:
        moment = dt.datetime.fromisoformat(str(message.get("Timestamp")))
    except ValueError as error:
        raise ForgedPost("The message has no time.") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def _load_key(url: str, *, now: dt.datetime) -> RSAPublicKey:
    if not CERTIFICATE_URL.fullmatch(url):
        raise ForgedPost("The certificate's address is not Amazon's.")
    certificate = load_certificate(url)
    key = certificate.public_key()
    if not isinstance(key, RSAPublicKey):
        raise ForgedPost("Amazon's certificate has another kind of key.")
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise ForgedPost("Amazon's certificate has run out.")
    return key


@lru_cache(maxsize=8)
def load_certificate(url: str) -> x509.Certificate:
    """Return Amazon's certificate, fetched once by each process. Raises ForgedPost."""
    try:
        return x509.load_pem_x509_certificate(_ask(url))
    except ValueError as error:
        raise ForgedPost("Amazon's certificate can't be read.") from error


def _ask(url: str) -> bytes:
    """Return what stands at an address. Raises ForgedPost: the provider will try again."""
    try:
        return fetch(url)
    except OSError as error:
        raise ForgedPost(f"{url[:100]} does not answer: {error}.") from error
