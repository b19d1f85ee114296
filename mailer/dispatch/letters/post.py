"""Letters to those who work here, such as a new password: by the mail servers of mailings."""

from __future__ import annotations

from typing import Any

from django.core.mail.backends.smtp import EmailBackend

from mailer.dispatch.servers.router import Router
from mailer.errors import MessageError
from mailer.transport.smtp.config import Security, SmtpConfig

TIMEOUT_SECONDS = 20


class Post(EmailBackend):
    """Django's own way to send mail, through whichever of our mail servers is well."""

    def __init__(self, *, fail_silently: bool = False, **_: Any) -> None:
        relay = Router().choose_transport()
        if relay is None:
            raise MessageError("No mail server can be had now: see which of them fail, and why.")
        super().__init__(
            fail_silently=fail_silently, timeout=TIMEOUT_SECONDS, **_read(relay.config)
        )


def _read(config: SmtpConfig) -> dict[str, Any]:
    return {
        "host": config.host,
        "port": config.port,
        "username": config.username,
        "password": config.password,
        "use_tls": config.security is Security.STARTTLS,
        "use_ssl": config.security is Security.IMPLICIT,
    }
