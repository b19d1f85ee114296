"""``./masthead serve``: everything on this machine, until Ctrl-C."""

from __future__ import annotations

import signal
import time
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from mailer.embedded.installation import start_installation, start_redis
from mailer.embedded.lock import hold_installation
from mailer.embedded.processes import Processes, ProcessFailed

LOOK_SECONDS = 1.0


class Command(BaseCommand):
    help = "Run web, workers, beat, inbound mail and the embedded Redis on this machine."

    def handle(self, *_: Any, **__: Any) -> None:
        with hold_installation(settings.VAR_DIR):
            self.serve()

    def serve(self) -> None:
        """Run everything until it is ended; the folder is ours meanwhile."""
        call_command("migrate", verbosity=0)
        processes = Processes(settings.VAR_DIR / "log")
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            start_redis(processes)
            start_installation(processes)
            self.stdout.write(
                f"{describe_place()}; logs are in {processes.logs}.\n"
                f"{_tell_beginning()}Ctrl-C ends it."
            )
            while True:
                processes.check()
                time.sleep(LOOK_SECONDS)
        except KeyboardInterrupt:
            self.stdout.write("Stopping.")
        except ProcessFailed as error:
            raise CommandError(str(error)) from error
        finally:
            processes.stop()


def describe_place() -> str:
    """Say where the web server listens, and where readers find it if that is elsewhere."""
    words = f"Masthead is at {settings.LISTEN_URL}"
    if settings.PUBLIC_URL_IS_SET and settings.PUBLIC_URL != settings.LISTEN_URL:
        words += f", for readers at {settings.PUBLIC_URL}"
    return words


def _tell_beginning() -> str:
    """Return where an installation without anybody begins, or where editors find the desk."""
    # The pages' addresses take half a second to load, which a refused start need not wait for.
    from mailer.web.desk.first import first_url  # noqa: PLC0415

    url = first_url()
    return f"Begin here: {url}\n" if url else f"The desk is at {settings.LISTEN_URL}/desk/.\n"
