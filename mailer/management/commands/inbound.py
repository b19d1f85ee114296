"""``./masthead manage inbound``: take in bounces, complaints and unsubscribing mail."""

from __future__ import annotations

import signal
import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from mailer.feedback.inbound import Listener


class Command(BaseCommand):
    help = "Listen for bounces, complaints and unsubscribing mail, until ended by a signal."

    def handle(self, *_: Any, **__: Any) -> None:
        host, port = settings.INBOUND_HOST, settings.INBOUND_PORT
        protocol, domain = settings.INBOUND_PROTOCOL, settings.BOUNCE_DOMAIN
        listener = Listener(host=host, port=port, protocol=protocol, domain=domain)
        ended = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: ended.set())
        try:
            listener.start()
        except OSError as error:
            raise CommandError(
                f"{host}:{port} can't be listened on ({error.strerror or error}): "
                "end what uses it, or set MASTHEAD_INBOUND_LISTEN to another HOST:PORT."
            ) from error
        self.stdout.write(f"Listening for {domain} on {host}:{port} ({protocol.upper()}).")
        self.stdout.flush()
        ended.wait()
        listener.stop()
        self.stdout.write("Ended.")
