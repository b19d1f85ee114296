"""Posts as mail services make them, after their documentation, each with what proves it."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from mailer.message.identity import message_id
from mailer.models import Delivery
from mailer.models.keys import identity_key
from tests.fakes.reports import sender_of

LOGIN = "hooks:a-password-that-is-long"
TOPIC = "arn:aws:sns:eu-west-1:123456789012:bulletin"
CERTIFICATE_URL = (
    "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem"
)
DEAD_WORDS = "550 5.1.1 The email account that you tried to reach does not exist"


@dataclass(slots=True)
class FakePost:
    """What a test posts: the body and its headers by name."""

    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json"


def identity_of(delivery: Delivery) -> str:
    """Return the Message-ID that the delivery's message had."""
    return message_id(delivery.pk, "harbour.example", identity_key())


# ------------------------------------------------------------------ what proves a post


@cache
def sendgrid_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def sendgrid_secret() -> str:
    public = sendgrid_key().public_key()
    return base64.b64encode(
        public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    ).decode()


@cache
def amazon_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65_537, 2048)


def amazon_certificate(*, key: Any = None, ends: dt.datetime | None = None) -> bytes:
    """Return a certificate as Amazon's host has one."""
    key = key or amazon_key()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
        .not_valid_after(ends or dt.datetime(2090, 1, 1, tzinfo=dt.UTC))
        .sign(
            key,
            SHA256() if isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) else None,
        )
    )
    return certificate.public_bytes(Encoding.PEM)


SECRETS: dict[str, str] = {
    "ses": TOPIC,
    "mailgun": "key-0123456789abcdef0123",
    "postmark": LOGIN,
    "brevo": LOGIN,
    "sparkpost": LOGIN,
    "mailjet": LOGIN,
    "resend": "whsec_" + base64.b64encode(b"a secret of 24 octets...").decode(),
}


def all_secrets() -> dict[str, str]:
    return SECRETS | {"sendgrid": sendgrid_secret()}


def by_login(content: Any) -> FakePost:
    token = base64.b64encode(LOGIN.encode()).decode()
    return FakePost(json.dumps(content).encode(), {"Authorization": f"Basic {token}"})


def by_sns(message: str, *, now: dt.datetime, **changes: str) -> FakePost:
    """Return a notification of SNS, signed; ``changes`` are made before that."""
    content = {
        "Type": "Notification",
        "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
        "TopicArn": TOPIC,
        "Message": message,
        "Timestamp": now.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "SignatureVersion": "2",
        "SigningCertURL": CERTIFICATE_URL,
    } | changes
    return sign_sns(content)


def sign_sns(content: dict[str, str]) -> FakePost:
    joining = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
    notice = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
    names = notice if content["Type"] == "Notification" else joining
    text = "".join(f"{name}\n{content[name]}\n" for name in names if name in content)
    algorithm = SHA1() if content["SignatureVersion"] == "1" else SHA256()
    signature = amazon_key().sign(text.encode(), padding.PKCS1v15(), algorithm)
    content = content | {"Signature": base64.b64encode(signature).decode()}
    headers = {
        "x-amz-sns-message-type": content["Type"],
        "x-amz-sns-message-id": content["MessageId"],
    }
    return FakePost(json.dumps(content).encode(), headers, "text/plain; charset=UTF-8")


def by_sendgrid(events: list[dict[str, Any]], *, now: dt.datetime) -> FakePost:
    body = json.dumps(events).encode()
    at = str(int(now.timestamp()))
    signature = sendgrid_key().sign(at.encode() + body, ec.ECDSA(SHA256()))
    return FakePost(
        body,
        {
            "X-Twilio-Email-Event-Webhook-Signature": base64.b64encode(signature).decode(),
            "X-Twilio-Email-Event-Webhook-Timestamp": at,
        },
    )


def by_mailgun(event: dict[str, Any], *, now: dt.datetime, token: str = "t" * 50) -> FakePost:
    at = str(int(now.timestamp()))
    signature = hmac.new(SECRETS["mailgun"].encode(), f"{at}{token}".encode(), hashlib.sha256)
    signed = {"timestamp": at, "token": token, "signature": signature.hexdigest()}
    return FakePost(json.dumps({"signature": signed, "event-data": event}).encode())


def by_svix(content: dict[str, Any], *, now: dt.datetime, identity: str = "msg_1") -> FakePost:
    body = json.dumps(content).encode()
    at = str(int(now.timestamp()))
    key = base64.b64decode(SECRETS["resend"].removeprefix("whsec_"))
    mac = hmac.digest(key, f"{identity}.{at}.".encode() + body, "sha256")
    signature = f"v1,{base64.b64encode(b'x' * 32).decode()} v1,{base64.b64encode(mac).decode()}"
    return FakePost(body, {"svix-id": identity, "svix-timestamp": at, "svix-signature": signature})


# ------------------------------------------------------------------ a dead address, told by each


def ses(delivery: Delivery, now: dt.datetime) -> FakePost:
    return by_sns(json.dumps(ses_bounce(delivery)), now=now)


def ses_bounce(delivery: Delivery) -> dict[str, Any]:
    return {
        "eventType": "Bounce",
        "bounce": {
            "bounceType": "Permanent",
            "bounceSubType": "General",
            "bouncedRecipients": [
                {
                    "emailAddress": delivery.email,
                    "action": "failed",
                    "status": "5.1.1",
                    "diagnosticCode": f"smtp; {DEAD_WORDS}",
                }
            ],
            "timestamp": "2026-03-01T08:00:00.000Z",
            "feedbackId": "010001-1",
        },
        "mail": {
            "timestamp": "2026-03-01T07:59:00.000Z",
            "source": sender_of(delivery),
            "messageId": "0102-their-own",
            "destination": [delivery.email],
            "headers": [{"name": "Subject", "value": "Spring"}],
        },
    }


def sendgrid_event(delivery: Delivery, **changes: Any) -> dict[str, Any]:
    return {
        "email": delivery.email,
        "timestamp": 1772352000,
        "smtp-id": f"<{identity_of(delivery)}>",
        "event": "bounce",
        "type": "bounce",
        "bounce_classification": "Invalid Address",
        "status": "5.1.1",
        "reason": DEAD_WORDS,
        "sg_event_id": "c2dfZXZlbnRfaWQ",
        "sg_message_id": "14c5d75ce93.dfd.64b469.filter0001",
        "masthead": identity_of(delivery),
    } | changes


def mailgun_event(delivery: Delivery, **changes: Any) -> dict[str, Any]:
    return {
        "event": "failed",
        "severity": "permanent",
        "reason": "bounce",
        "id": "G9Bn5sl1TC6nu79C8C0bwg",
        "timestamp": 1772352000.1,
        "recipient": delivery.email,
        "delivery-status": {
            "code": 550,
            "enhanced-code": "5.1.1",
            "message": DEAD_WORDS,
            "description": "",
        },
        "message": {"headers": {"message-id": identity_of(delivery), "to": delivery.email}},
        "user-variables": {},
    } | changes


def postmark_event(delivery: Delivery, **changes: Any) -> dict[str, Any]:
    return {
        "RecordType": "Bounce",
        "Type": "HardBounce",
        "TypeCode": 1,
        "ID": 692560173,
        "MessageID": "2c1b63fe-43f2-4db5-91b0-8bdfa44a9316",
        "Email": delivery.email,
        "Details": f"smtp;{DEAD_WORDS}",
        "Description": "The server was unable to deliver your message (ex: unknown user).",
        "BouncedAt": "2026-03-01T08:00:00Z",
        "Metadata": {"masthead": identity_of(delivery)},
    } | changes


def brevo_event(delivery: Delivery, **changes: Any) -> dict[str, Any]:
    return {
        "event": "hard_bounce",
        "email": delivery.email,
        "id": 26224,
        "ts_epoch": 1772352000000,
        "message-id": f"<{identity_of(delivery)}>",
        "reason": DEAD_WORDS,
        "X-Mailin-custom": json.dumps({"masthead": identity_of(delivery)}),
    } | changes


def sparkpost_event(delivery: Delivery, **changes: Any) -> dict[str, Any]:
    event = {
        "type": "bounce",
        "bounce_class": "10",
        "error_code": "550",
        "event_id": "92356927693813856",
        "msg_from": sender_of(delivery),
        "raw_rcpt_to": delivery.email,
        "raw_reason": DEAD_WORDS,
        "rcpt_meta": {"masthead": identity_of(delivery)},
        "timestamp": "1772352000",
        "transmission_id": "65832150921904138",
    } | changes
    return {"msys": {"message_event": event}}


def mailjet_event(delivery: Delivery, **changes: Any) -> dict[str, Any]:
    return {
        "event": "bounce",
        "time": 1772352000,
        "MessageID": 13792286917004336,
        "email": delivery.email,
        "blocked": False,
        "hard_bounce": True,
        "error_related_to": "recipient",
        "error": "user unknown",
        "comment": "",
        "Payload": json.dumps({"masthead": identity_of(delivery)}),
    } | changes


def resend_event(delivery: Delivery, **changes: Any) -> dict[str, Any]:
    return {
        "type": "email.bounced",
        "created_at": "2026-03-01T08:00:00.000Z",
        "data": {
            "email_id": "56761188-7520-42d8-8898-ff6fc54ce618",
            "to": [delivery.email],
            "headers": [
                {"name": "X-Metadata", "value": json.dumps({"masthead": identity_of(delivery)})}
            ],
            "bounce": {
                "message": "The recipient's email provider sent a hard bounce message.",
                "type": "Permanent",
                "subType": "General",
            },
        },
    } | changes


DEAD: dict[str, Callable[[Delivery, dt.datetime], FakePost]] = {
    "ses": ses,
    "sendgrid": lambda each, now: by_sendgrid([sendgrid_event(each)], now=now),
    "mailgun": lambda each, now: by_mailgun(mailgun_event(each), now=now),
    "postmark": lambda each, _: by_login(postmark_event(each)),
    "brevo": lambda each, _: by_login(brevo_event(each)),
    "sparkpost": lambda each, _: by_login([sparkpost_event(each)]),
    "mailjet": lambda each, _: by_login([mailjet_event(each)]),
    "resend": lambda each, now: by_svix(resend_event(each), now=now),
}
