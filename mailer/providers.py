"""The mail services whose events we take: how each proves itself, and how it knows our mail.

An event is about a delivery only where our own signed Message-ID, or the signed envelope sender
(VERP), stands in it. Some services give each message an identity of their own and hand back none
of ours: to those we write ours in the header that they return with every event.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

# The name under which our identity comes back.
OUR_KEY = "masthead"
# Where a header has our Message-ID, until it is known.
MARK = "MESSAGE-ID"
_AS_JSON = f'{{"{OUR_KEY}": "{MARK}"}}'
_METADATA = f"X-Metadata: {_AS_JSON}"

# Shorter ones can be tried out; a public key or an ARN is no secret, but is longer anyway.
_LOGIN = re.compile(r"[!-9;-~]{1,80}:[!-~]{16,200}")
_KEY = re.compile(r"[!-~]{20,500}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """A mail service: what proves that an event is its own, and the header it hands back.

    ``secret`` is the form of the setting, ``wanted`` the same in words. ``header`` has MARK
    where our Message-ID goes; it is empty where events have that anyhow.
    """

    key: str
    secret: re.Pattern[str]
    wanted: str
    header: str = ""


def _by_login(key: str, header: str) -> Provider:
    wanted = "user:password, the password of 16 characters or more"
    return Provider(key=key, secret=_LOGIN, wanted=wanted, header=header)


PROVIDERS: tuple[Provider, ...] = (
    Provider(
        key="ses",
        secret=re.compile(
            r"arn:aws[a-z-]{0,10}:sns:[a-z0-9-]+:\d{12}:[\w.-]{1,256}(,arn:[^,\s]+)*"
        ),
        wanted="the ARN of the SNS topic, or several with commas between",
        header=_METADATA,
    ),
    Provider(
        key="sendgrid",
        secret=re.compile(r"[A-Za-z0-9+/=]{80,500}"),
        wanted="the verification key of the signed event webhook",
        header=f'X-SMTPAPI: {{"unique_args": {_AS_JSON}}}',
    ),
    Provider(key="mailgun", secret=_KEY, wanted="the HTTP webhook signing key"),
    _by_login("postmark", f"X-PM-Metadata-{OUR_KEY}: {MARK}"),
    _by_login("brevo", f"X-Mailin-custom: {_AS_JSON}"),
    _by_login("sparkpost", f'X-MSYS-API: {{"metadata": {_AS_JSON}}}'),
    _by_login("mailjet", f"X-MJ-EventPayload: {_AS_JSON}"),
    Provider(
        key="resend",
        secret=re.compile(r"whsec_[A-Za-z0-9+/=]{24,200}"),
        wanted="the webhook's signing secret, which begins with whsec_",
        header=_METADATA,
    ),
)


def identity_headers(used: Collection[str]) -> list[str]:
    """Return the headers that these services want our identity in, each once, with MARK in them."""
    return list(dict.fromkeys(_list_headers(used)))


def _list_headers(used: Collection[str]) -> Iterable[str]:
    return (each.header for each in PROVIDERS if each.key in used and each.header)
