"""``./masthead serve``: everything on this machine, until Ctrl-C."""

from __future__ import annotations

import signal
import sys
import time
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from mailer.demo.processes import DemoFailed, Processes
from mailer.dispatch.queues import DEFAULT, SEND
from mailer.embedded.redis import find_redis, redis_command

LOOK_SECONDS = 1.0


class Command(BaseCommand):
    help = "Run web, workers, beat, inbound mail and the embedded Redis on this machine."

    def handle(self, *_: Any, **__: Any) -> None:
        call_command("migrate", verbosity=0)
        processes = Processes(settings.VAR_DIR / "log")
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            start_all(processes)
            self.stdout.write(
                f"Masthead is at {settings.PUBLIC_URL}; logs are in {processes.logs}.\n"
                "The first admin: ./masthead manage createsuperuser. Ctrl-C ends it."
            )
            while True:
                processes.check()
                time.sleep(LOOK_SECONDS)
        except KeyboardInterrupt:
            self.stdout.write("Stopping.")
        except DemoFailed as error:
            raise CommandError(str(error)) from error
        finally:
            processes.stop()


def start_all(processes: Processes) -> None:
    """Start each program once what it needs is there."""
    python = [sys.executable, "-m"]
    celery = [*python, "celery", "-A", "mailer.celery"]
    if settings.REDIS_IS_EMBEDDED:
        folder = settings.REDIS_SOCKET.parent
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        settings.REDIS_SOCKET.unlink(missing_ok=True)
        processes.start("redis", redis_command(find_redis(), folder, settings.REDIS_SOCKET))
        processes.await_file(settings.REDIS_SOCKET)
    commands = {
        "web": [
            *python,
            "granian",
            *("--interface", "asginl", "--host", settings.WEB_HOST),
            *("--port", str(settings.WEB_PORT), "mailer.asgi:application"),
        ],
        "worker": [*celery, "worker", "-Q", DEFAULT, "-c", "2", "-n", "worker@%h"],
        "sender": [*celery, "worker", "-Q", SEND, "-c", str(settings.SENDERS), "-n", "sender@%h"],
        "beat": [*celery, "beat", "-s", str(settings.VAR_DIR / "beat"), "--pidfile="],
        "inbound": [sys.executable, "manage.py", "inbound"],
    }
    for name, command in commands.items():
        processes.start(name, command)
    processes.await_port(settings.WEB_PORT)
