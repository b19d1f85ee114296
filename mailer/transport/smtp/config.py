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

# Two senders of ten connections each stay well below the 50 that Postfix takes from one client.
MOST_CONNECTIONS = 10
MOST_MESSAGES = 500
LONGEST_AGE_SECONDS = 300  # the idle time after which many servers hang up
_COUNT = re.compile(r"[1-9][0-9]{0,4}")
_AGE = re.compile(r"([1-9][0-9]{0,4})([smh])")
_SECONDS = {"s": 1, "m": 60, "h": 3_600}


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
    A connection is renewed after ``messages_per_connection``, which receivers count, and after
    ``connection_seconds``. At most ``connections`` are open at once, for each process; they are
    opened as they are needed. A server that turns us away is asked again after
    ``backoff_seconds``, then after twice as long, and so on.
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
    messages_per_connection: int = MOST_MESSAGES
    connection_seconds: float = LONGEST_AGE_SECONDS
    connections: int = MOST_CONNECTIONS
    backoff_seconds: float = 0.5
    local_hostname: str = ""
    ca_file: str = ""

    @classmethod
    def from_url(cls, url: str) -> SmtpConfig:
        """Read ``smtp://[user:password@]host[:port][?tls=none|required][&name=…]`` or ``smtps://…``.

        ``name`` is what we call ourselves. ``connections``, ``messages`` (a connection) and
        ``age`` (of a connection, as ``5m``) bound the connections. Raises InvalidSetting, with
        the remedy and without the password, for anything else.
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
            connections=_read_count(options, "connections", MOST_CONNECTIONS),
            messages_per_connection=_read_count(options, "messages", MOST_MESSAGES),
            connection_seconds=_read_age(options.pop("age", None), LONGEST_AGE_SECONDS),
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


def _read_count(options: dict[str, str], name: str, default: int) -> int:
    text = options.pop(name, None)
    if text is None:
        return default
    if not _COUNT.fullmatch(text):
        raise _refuse(f"has {name}={text[:20]!r}, which is no number from 1 to 99999")
    return int(text)


def _read_age(text: str | None, default: float) -> float:
    if text is None:
        return default
    match = _AGE.fullmatch(text)
    if not match:
        raise _refuse(f"has age={text[:20]!r}, which is no duration such as 30s, 5m or 2h")
    return int(match[1]) * _SECONDS[match[2]]


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
