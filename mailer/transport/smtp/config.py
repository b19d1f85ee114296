"""Where the mail server is and how to talk to it, from one address."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from mailer.errors import InvalidSetting

EXAMPLE = "write smtp://user:password@mail.example.org:587?tls=required"
LOOPBACK_HOSTS = frozenset({"127.0.0.1", "::1", "localhost"})
_NAME = re.compile(r"[A-Za-z0-9.:\[\]-]{1,255}")  # RFC 5321 §4.1.2: a domain or a literal


class Security(StrEnum):
    """How a connection is protected."""

    NONE = "none"  # a server on this machine
    STARTTLS = "required"  # RFC 3207; without it nothing is sent
    IMPLICIT = "implicit"  # RFC 8314 §3.3


DEFAULT_PORTS = {Security.NONE: 25, Security.STARTTLS: 587, Security.IMPLICIT: 465}


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpConfig:
    """One mail server. Times are in seconds; ``ca_file`` replaces the system's certificates.

    Without ``local_hostname`` EHLO gives our address (RFC 5321 §4.1.4).
    A connection is renewed after ``messages_per_connection``: receivers count them.
    """

    host: str
    port: int
    security: Security = Security.NONE
    username: str = ""
    password: str = field(default="", repr=False)
    connect_seconds: float = 30
    command_seconds: float = 60
    # RFC 5321 §4.5.3.2.6 would wait ten minutes: a lease ends before, and says "uncertain".
    message_seconds: float = 110
    messages_per_connection: int = 500
    local_hostname: str = ""
    ca_file: str = ""

    @classmethod
    def from_url(cls, url: str) -> SmtpConfig:
        """Read ``smtp://[user:password@]host[:port][?tls=none|required][&name=…]`` or ``smtps://…``.

        ``name`` is what we call ourselves. Raises InvalidSetting, with the remedy and without
        the password, for anything else.
        """
        parts, port = _split(url)
        pairs = parse_qsl(parts.query, keep_blank_values=True)
        options = dict(pairs)
        security = _read_security(parts.scheme, options.pop("tls", None))
        username, password = unquote(parts.username or ""), unquote(parts.password or "")
        config = cls(
            host=parts.hostname or "",
            port=DEFAULT_PORTS[security] if port is None else port,
            security=security,
            username=username,
            password=password,
            local_hostname=options.pop("name", ""),
        )
        twice = "twice" if len(dict(pairs)) < len(pairs) else ""
        _check(config, leftovers=[*options, twice, parts.path.strip("/"), parts.fragment])
        return config


def _split(url: str) -> tuple[SplitResult, int | None]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        # The error's own words may quote the address, and so the password.
        raise _refuse("is no address") from None
    return parts, port


def _read_security(scheme: str, wanted: str | None) -> Security:
    if scheme == "smtps" and wanted is None:
        return Security.IMPLICIT
    if scheme != "smtp" or wanted not in {None, "none", "required"}:
        raise _refuse("must start with smtps://, or with smtp:// and have tls=none or tls=required")
    return Security(wanted or Security.STARTTLS)


def _check(config: SmtpConfig, *, leftovers: list[str]) -> None:
    if any(leftovers):
        raise _refuse("has a part that is not understood")
    if not config.host or config.port == 0:
        raise _refuse("names no host, or port 0")
    if config.local_hostname and not _NAME.fullmatch(config.local_hostname):
        raise _refuse("has a name that no host has")
    if bool(config.username) != bool(config.password) or "\0" in config.username + config.password:
        raise _refuse("has a user without a password, or a password without a user")
    if config.username and config.security is Security.NONE and config.host not in LOOPBACK_HOSTS:
        raise _refuse("has tls=none: the password would travel in the clear")


def _refuse(what: str) -> InvalidSetting:
    return InvalidSetting(f"MASTHEAD_SMTP_URL {what}: {EXAMPLE}.")
