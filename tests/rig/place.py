"""A place in which an installation may do as it likes: its folder, engines and settings.

Nothing of the user's is touched: every setting is named, also those with good defaults, so
that neither the shell's variables nor an ``.env`` file can lead the mail to a real server.
"""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from mailer.demo.engines import name_schema, own_redis, own_schema, point_to_schema
from mailer.embedded.processes import Processes
from tests.fakes.servers import Postgres, Redis, free_port


@dataclass(frozen=True, slots=True, kw_only=True)
class Engines:
    """Where the data is kept. ``postgres`` and ``redis`` are ours to break, where there are any."""

    name: str
    database_url: str = ""
    redis_url: str = ""
    schema: str = ""
    postgres: Postgres | None = None
    redis: Redis | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A folder with engines, and the port on which the workers find the mail server."""

    folder: Path
    engines: Engines
    smtp_port: int
    processes: Processes = field(repr=False)


@contextmanager
def own_place(
    *,
    servers: bool,
    settings: dict[str, str],
    smtp_port: int = 0,
    smtp_query: str = "",
    engine_folder: Path | None = None,
) -> Iterator[Place]:
    """Make a place with its database migrated and Django set up, and remove it afterwards.

    On private servers if ``servers``, else on those of DATABASE_URL and REDIS_URL, in a schema
    and a logical database of our own, or else on SQLite and an embedded Redis. ``settings``
    are added to the environment; ``smtp_query`` to the mail server's address, whose port is
    chosen if none is given.
    """
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="masthead-rig-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        folder.chmod(0o711)  # PostgreSQL's user has to reach its own folder inside
        engines = stack.enter_context(_choose_engines(engine_folder or folder, servers=servers))
        smtp_port = smtp_port or free_port()
        os.environ.update(_variables(folder, engines, smtp_port, smtp_query) | settings)
        import django  # noqa: PLC0415 - reads the settings, which the line above has made

        django.setup()
        yield stack.enter_context(_prepared(folder, engines, smtp_port))


@contextmanager
def _choose_engines(folder: Path, *, servers: bool) -> Iterator[Engines]:
    database_url = os.environ.get("DATABASE_URL", "")
    if servers:
        with _private_engines(folder) as engines:
            yield engines
    elif database_url.startswith("postgres"):
        schema = name_schema()
        with own_redis(os.environ.get("REDIS_URL", "")) as redis_url:
            yield Engines(
                name="PostgreSQL and Redis of the environment",
                database_url=point_to_schema(database_url, schema),
                redis_url=redis_url,
                schema=schema,
            )
    else:
        yield Engines(name="SQLite and embedded Redis")


@contextmanager
def _private_engines(folder: Path) -> Iterator[Engines]:
    # What an administrator sets first; all else, fsync included, is as the distribution has it.
    postgres = Postgres(folder / "postgres", shared_buffers="256MB", max_wal_size="2GB")
    redis = Redis(folder / "redis", port=True)
    try:
        if not (postgres.folder / "data").exists():  # a benchmark may keep what took minutes
            postgres.make()
        postgres.start()
        redis.start()
        yield Engines(
            name="private PostgreSQL (fsync on) and Redis (append-only file)",
            database_url=postgres.url,
            redis_url=redis.url,
            postgres=postgres,
            redis=redis,
        )
    finally:
        redis.stop()
        if (postgres.folder / "data" / "postmaster.pid").exists():
            postgres.stop()


def _variables(folder: Path, engines: Engines, smtp_port: int, query: str) -> dict[str, str]:
    web = f"127.0.0.1:{free_port()}"
    return {
        "DJANGO_SETTINGS_MODULE": "mailer.settings",
        "DATABASE_URL": engines.database_url or f"sqlite:///{folder / 'rig.sqlite3'}",
        "REDIS_URL": engines.redis_url,
        "MASTHEAD_VAR": str(folder),
        "MASTHEAD_SECRET_KEY": secrets.token_urlsafe(48),
        "MASTHEAD_PUBLIC_URL": f"http://{web}",
        "MASTHEAD_LISTEN": web,
        "MASTHEAD_DEBUG": "no",
        "MASTHEAD_SMTP_URL": f"smtp://127.0.0.1:{smtp_port}?tls=none{query}",
        "MASTHEAD_BOUNCE_DOMAIN": "bounces.news.example.org",
        "MASTHEAD_INBOUND_LISTEN": f"127.0.0.1:{free_port()}",
        "MASTHEAD_LOG_LEVEL": "INFO",
    }


@contextmanager
def _prepared(folder: Path, engines: Engines, smtp_port: int) -> Iterator[Place]:
    from django.core.management import call_command  # noqa: PLC0415 - needs the settings

    from mailer.embedded.installation import start_redis  # noqa: PLC0415 - needs the settings

    processes = Processes(folder / "logs")
    with own_schema(engines.schema):
        try:
            start_redis(processes)
            call_command("migrate", verbosity=0)
            yield Place(folder=folder, engines=engines, smtp_port=smtp_port, processes=processes)
        finally:
            processes.stop()
