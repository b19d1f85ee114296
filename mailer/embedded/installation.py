"""The programs that an installation runs, all on this machine.

Web, inbound listener, Celery workers, beat, and a Redis if none is configured: ``serve`` and
the demo start the same ones.
"""

from __future__ import annotations

import sys

from django.conf import settings

from mailer.dispatch.queues import DEFAULT, SEND
from mailer.embedded.processes import Processes
from mailer.embedded.redis import find_redis, redis_command

# Somebody waits for a page and nobody for a batch: where both want a core, the page has it.
YIELDING = ("nice", "-n", "10")
# Each keeps a connection to the database; a long export keeps a thread while it is read.
WEB_THREADS = "8"


def start_redis(processes: Processes) -> None:
    """Start the embedded Redis and wait until it can be spoken to, if none is configured.

    Raises ProcessFailed if another one listens there: two would write the same files.
    """
    if not settings.REDIS_IS_EMBEDDED:
        return
    folder = settings.REDIS_SOCKET.parent
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    processes.await_silence(settings.REDIS_SOCKET)
    settings.REDIS_SOCKET.unlink(missing_ok=True)
    processes.start("redis", redis_command(find_redis(), folder, settings.REDIS_SOCKET))
    processes.await_file(settings.REDIS_SOCKET)


def start_installation(processes: Processes) -> None:
    """Start everything else, and wait until web and inbound listener can be spoken to.

    The tables must be there already.
    """
    for name, command in describe_programs().items():
        processes.start(name, command)
    await_installation(processes)


def await_installation(processes: Processes) -> None:
    """Wait until web and inbound listener can be spoken to."""
    processes.await_port(settings.INBOUND_PORT)
    processes.await_port(settings.WEB_PORT)


def describe_programs() -> dict[str, list[str]]:
    """Return each program's command by its name."""
    python = [sys.executable, "-m"]
    # Django's own checks are made by the gate; here they would cost each worker a second.
    celery = [*python, "celery", "--app", "mailer.celery", "--skip-checks"]
    worker = [*YIELDING, *celery, "worker", "--without-gossip", "--without-mingle"]
    logs = ["--log-config", str(settings.BASE_DIR / "mailer" / "logs.json")]
    web = [
        "granian",
        "--interface",
        "wsgi",
        "--blocking-threads",
        WEB_THREADS,
        *logs,
        "mailer.wsgi:application",
    ]
    manage = [sys.executable, str(settings.BASE_DIR / "manage.py")]
    return {
        "sender": [
            *(*worker, "--queues", SEND, "--hostname", "sender@%h"),
            *("--concurrency", str(settings.SENDERS)),
        ],
        "worker": [
            *(*worker, "--queues", DEFAULT, "--hostname", "worker@%h"),
            *("--concurrency", "1"),
        ],
        # It remembers nothing: a clock that was put back would let it wait for its own past.
        "beat": [*celery, "beat", "--scheduler", "celery.beat:Scheduler", "--pidfile="],
        "inbound": [*manage, "inbound"],
        **({"mailbox": [*manage, "read_mailbox"]} if settings.IMAP_URL else {}),
        "web": [*python, *web, "--host", settings.WEB_HOST, "--port", str(settings.WEB_PORT)],
    }
