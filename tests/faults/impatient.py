"""Masthead's own Celery application, which waits for mail servers for seconds, not minutes.

A stall is the same however long it is; only the time until the client gives up is shortened, and
how long a server that turned it away for good is left alone.
"""

from __future__ import annotations

from celery.signals import worker_process_init

from mailer.celery import app
from mailer.transport.smtp.config import SmtpConfig

__all__ = ["PATIENCE_SECONDS", "app"]

PATIENCE_SECONDS = 2.0
_NAMES = ("connect_seconds", "command_seconds", "message_seconds")
_defaults = SmtpConfig.__init__.__kwdefaults__
assert _defaults
_defaults.update(dict.fromkeys(_NAMES, PATIENCE_SECONDS))


@worker_process_init.connect
def shorten_rests(**_: object) -> None:
    """Ask a server again soon, whatever it said."""
    from mailer.dispatch.servers import router  # noqa: PLC0415 - Django is set up by now

    router.LONGEST_REST_SECONDS = router.FIRST_REST_SECONDS
