"""``./masthead manage inbound``: take mail that comes back, until told to stop."""

from __future__ import annotations

import asyncio
import signal
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from mailer.feedback.inbound import listen


class Command(BaseCommand):
    help = "Listen for bounces, complaints and unsubscribe mails."

    def handle(self, *_: Any, **__: Any) -> None:
        try:
            asyncio.run(self._serve())
        except OSError as error:
            where = f"{settings.INBOUND_HOST}:{settings.INBOUND_PORT}"
            message = (
                f"Can't listen on {where}: {error}. Set MASTHEAD_INBOUND_LISTEN to a free port."
            )
            raise CommandError(message) from error

    async def _serve(self) -> None:
        host, port, protocol = (
            settings.INBOUND_HOST,
            settings.INBOUND_PORT,
            settings.INBOUND_PROTOCOL,
        )
        server = await listen(host, port, protocol)
        self.stdout.write(f"Listening on {host}:{port} ({protocol}).")
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await stop.wait()
        server.close()
