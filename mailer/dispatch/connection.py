"""The one transport that a worker process keeps, from batch to batch."""

from __future__ import annotations

from functools import cache

from django.conf import settings

from mailer.transport.base import Transport
from mailer.transport.smtp.config import SmtpConfig
from mailer.transport.smtp.pool import SmtpTransport


@cache
def open_transport() -> Transport:
    """Return this process' transport to the server of the settings, made at first use."""
    return SmtpTransport(SmtpConfig.from_url(settings.SMTP_URL))


def close_transport() -> None:
    """Part with the server politely, if this process ever spoke to it."""
    if open_transport.cache_info().currsize:
        open_transport().close()
        open_transport.cache_clear()
