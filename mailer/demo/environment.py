"""The demo's own settings: an environment in which nothing of the user's is touched.

Every setting is named, also those with good defaults, so that neither the shell's variables
nor an ``.env`` file can lead the demo to a real mail server.
"""

from __future__ import annotations

import os
import secrets
import socket
from dataclasses import dataclass
from pathlib import Path

from mailer.embedded.processes import ROOT
from mailer.environment import load_env_file, read_folder
from mailer.errors import InvalidSetting

HOST = "127.0.0.1"
BOUNCE_DOMAIN = "bounces.news.example.org"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Where the demo's own servers listen, all on the loopback address."""

    web: int
    world: int
    inbound: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Engines:
    """The real servers to use: empty texts mean the embedded ones."""

    database_url: str = ""
    redis_url: str = ""


def choose_folder() -> Path:
    """Return the demo's folder, in the one where the user's data is kept."""
    load_env_file(ROOT / ".env")
    return read_folder("MASTHEAD_VAR", "var", base=ROOT) / "demo"


def choose_ports(web: int, *, may_differ: bool) -> Ports:
    """Return free ports; the web's is the one asked for, or any if ``may_differ``.

    Raises InvalidSetting if it is taken.
    """
    if not _is_free(web):
        if not may_differ:
            raise InvalidSetting(
                f"Port {web} is taken: end what listens there, or name another by --port."
            )
        web = _find_free()
    return Ports(web=web, world=_find_free(), inbound=_find_free())


def write_environment(folder: Path, ports: Ports, engines: Engines) -> dict[str, str]:
    """Return the variables of the demo's processes.

    The delays are those of a demonstration: a full mailbox is tried again after a second.
    """
    return {
        "DJANGO_SETTINGS_MODULE": "mailer.demo.settings",
        "DATABASE_URL": engines.database_url or f"sqlite:///{folder / 'demo.sqlite3'}",
        "REDIS_URL": engines.redis_url,
        "MASTHEAD_VAR": str(folder),
        "MASTHEAD_SECRET_KEY": secrets.token_urlsafe(48),
        "MASTHEAD_PUBLIC_URL": f"http://{HOST}:{ports.web}",
        "MASTHEAD_LISTEN": f"{HOST}:{ports.web}",
        "MASTHEAD_DEBUG": "no",
        # The world is one process: more connections would only let a killed worker repeat more.
        "MASTHEAD_SMTP_URL": f"smtp://{HOST}:{ports.world}?tls=none&connections=1",
        "MASTHEAD_BOUNCE_DOMAIN": BOUNCE_DOMAIN,
        "MASTHEAD_BATCH_SIZE": "100",
        "MASTHEAD_LEASE": "10s",
        "MASTHEAD_RETRY_DELAYS": "1s,2s",
        "MASTHEAD_DEADLINE": "1h",
        "MASTHEAD_SWEEP": "1s",
        "MASTHEAD_SENDERS": "2",
        "MASTHEAD_INBOUND_LISTEN": f"{HOST}:{ports.inbound}",
        "MASTHEAD_INBOUND_PROTOCOL": "smtp",
        "MASTHEAD_LATE": "1h",
        "MASTHEAD_METRICS_TOKEN": "",
        "MASTHEAD_LOG_FORMAT": "json",
        "MASTHEAD_LOG_LEVEL": "INFO",
    }


def enter_environment(variables: dict[str, str]) -> None:
    """Make the variables this process' own, and so its children's."""
    os.environ.update(variables)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As a server does: what lingers of an ended connection does not take the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _find_free() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
