"""Where the mail server is and how to talk to it, from one address."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import parse_qsl, unquote, urlsplit

from mailer.errors import InvalidSetting

EXAMPLE = "write smtp://user:password@mail.example.org:587?tls=required"


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
        """Read ``smtp://[user:password@]host[:port][?tls=none|required]`` or ``smtps://…``.

        Raises InvalidSetting for anything else.
        """
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise InvalidSetting(
                f"MASTHEAD_SMTP_URL is no address ({error}): {EXAMPLE}."
            ) from error
        security = _read_security(parts.scheme, dict(parse_qsl(parts.query)))
        if not parts.hostname:
            raise InvalidSetting(f"MASTHEAD_SMTP_URL names no host: {EXAMPLE}.")
        return cls(
            host=parts.hostname,
            port=port or DEFAULT_PORTS[security],
            security=security,
            username=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
        )


def _read_security(scheme: str, options: dict[str, str]) -> Security:
    if scheme == "smtps" and not options:
        return Security.IMPLICIT
    wanted = options.pop("tls", "required")
    if scheme != "smtp" or options or wanted not in {"none", "required"}:
        raise InvalidSetting(f"MASTHEAD_SMTP_URL is not understood: {EXAMPLE}.")
    return Security(wanted)
