"""``./masthead doctor``: what is configured, what is missing, and how to mend it."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any

import redis
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from mailer.dispatch.servers.probe import probe
from mailer.embedded.redis import find_redis
from mailer.environment import ASKED
from mailer.errors import InvalidSetting, MastheadError, UnreadableSecret
from mailer.models import Transport
from mailer.models.transport import describe
from mailer.transport.smtp.config import SmtpConfig
from subscribers.searching.trigrams import has_index


class Mark(StrEnum):
    """How a finding is: well, to be set before readers are written to, or broken."""

    OK = "ok"
    LATER = "set"
    MEND = "MEND"


Finding = tuple[Mark, str]


class Command(BaseCommand):
    help = "Say what is configured, what is missing, and how to mend it."
    requires_system_checks: list[str] = []

    def handle(self, *_: Any, **__: Any) -> None:
        findings = [(name, *check()) for name, check in CHECKS.items()]
        findings += check_mail_servers()
        for name, mark, words in findings:
            self.stdout.write(f"{mark:<4}  {name:<12} {words}")
        later = [name for name, mark, _ in findings if mark is Mark.LATER]
        if later:
            self.stdout.write(f"Before readers are written to, set: {', '.join(later)}.")
        bad = [name for name, mark, _ in findings if mark is Mark.MEND]
        if bad:
            raise CommandError(f"{len(bad)} of {len(findings)} need mending: {', '.join(bad)}.")


def judge_default() -> Mark:
    """Return how bad it is that a setting has its default, with which no reader can be served.

    On one's own machine, with what is embedded, it is no fault: one is trying Masthead out.
    """
    return Mark.LATER if settings.REDIS_IS_EMBEDDED else Mark.MEND


def check_data() -> Finding:
    """Look whether the data folder can be written to."""
    folder: Path = settings.VAR_DIR
    if os.access(folder, os.W_OK):
        return Mark.OK, str(folder)
    return Mark.MEND, f"{folder} can't be written to: set MASTHEAD_VAR to a folder of yours"


def check_database() -> Finding:
    """Look whether the database answers and has its tables."""
    try:
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        words = " ".join(str(error).split())
        return Mark.MEND, f"{connection.vendor} does not answer ({words}): see DATABASE_URL"
    if waiting and connection.vendor == "sqlite":
        return Mark.OK, "sqlite; ./masthead serve makes the tables that it lacks"
    if waiting:
        return Mark.MEND, f"{connection.vendor} lacks tables: run ./masthead manage migrate"
    return Mark.OK, connection.vendor


def check_search() -> Finding:
    """Look whether a part of a reader's name is found by an index, or by reading them all."""
    try:
        indexed = has_index()
    except DatabaseError:
        return Mark.OK, "see database"
    if indexed:
        return Mark.OK, "parts of names and addresses have an index"
    if connection.vendor != "postgresql":
        return Mark.OK, "reads everybody, as SQLite has no index of parts of words"
    return Mark.OK, (
        "reads everybody, which a million readers make slow: let the database's owner run"
        " CREATE EXTENSION pg_trgm (of postgresql-contrib), and then ./masthead manage migrate"
    )


def check_redis() -> Finding:
    """Look whether Redis answers, or can be started when it is needed."""
    if settings.REDIS_IS_EMBEDDED:
        try:
            return Mark.OK, f"embedded: {find_redis()}"
        except MastheadError as error:
            return Mark.MEND, str(error)
    try:
        redis.Redis.from_url(settings.REDIS_URL, socket_timeout=5).ping()
    except redis.RedisError as error:
        return Mark.MEND, f"it does not answer ({error}): see REDIS_URL"
    return Mark.OK, "answers"


def check_mail_servers() -> Iterator[tuple[str, Mark, str]]:
    """Try each mail server that mailings leave by: the transports, or the one of the setting."""
    try:
        rows = list(Transport.objects.all())
    except DatabaseError:
        rows = []  # without its table there is none; the database's own finding says so
    if not rows:
        config = SmtpConfig.from_url(settings.SMTP_URL)
        mark, words = try_mail_server(config, remedy="See MASTHEAD_SMTP_URL.")
        if mark is Mark.MEND and not settings.SMTP_URL_IS_SET:
            mark = judge_default()
        yield "mail server", mark, words
        return
    used = [row for row in rows if row.enabled]
    if not used:
        yield "mail server", Mark.MEND, "all are disabled: ./masthead manage transport enable NAME"
    for row in used:
        yield f"mail server {row.name}", *check_transport(row)


def check_transport(row: Transport) -> Finding:
    """Try a mail server that was set up in the admin or by command."""
    try:
        config = row.config()
    except (InvalidSetting, UnreadableSecret) as error:
        return Mark.MEND, describe(error)
    return try_mail_server(config, remedy=f"See ./masthead manage transport test {row.name}.")


def try_mail_server(config: SmtpConfig, *, remedy: str) -> Finding:
    """Connect, protect and log in as sending does, and tell the first step that fails."""
    *_, last = found = list(probe(config))
    bad = next((each for each in found if not each.ok), None)
    where = f"{config.host}:{config.port}"
    if bad:
        return Mark.MEND, f"{where}, {bad.step}: {bad.words} {bad.remedy} {remedy}"
    return Mark.OK, f"{where}: {found[1].words} {found[2].words} {last.words}"


def check_public_url() -> Finding:
    """Look whether readers can reach the site."""
    if settings.PUBLIC_URL.startswith("https://"):
        return Mark.OK, settings.PUBLIC_URL
    words = f"{settings.PUBLIC_URL} is for this machine alone: set MASTHEAD_PUBLIC_URL"
    return judge_default(), words


def check_bounces() -> Finding:
    """Look whether bounces can find their way back."""
    if settings.BOUNCE_DOMAIN.endswith("localhost"):
        return (
            judge_default(),
            "bounces can't come back: set MASTHEAD_BOUNCE_DOMAIN and its MX record",
        )
    return Mark.OK, settings.BOUNCE_DOMAIN


def check_names() -> Finding:
    """Look whether a variable is written wrongly: nobody would read it, and nobody would say so."""
    unknown = sorted(name for name in os.environ if name.startswith(PREFIX) and name not in ASKED)
    unknown = [name for name in unknown if not name.startswith(OTHERS)]
    if not unknown:
        return Mark.OK, "every variable is one that Masthead reads"
    near = difflib.get_close_matches(unknown[0], ASKED, n=1)
    hint = f": did you mean {near[0]}?" if near else ": docs/settings.md has them all"
    return Mark.MEND, f"{', '.join(unknown)} is no setting{hint}"


PREFIX = "MASTHEAD_"
# What tests and their inputs are told by; no program of ours reads them.
OTHERS = ("MASTHEAD_TEST_", "MASTHEAD_SHARED")

CHECKS: dict[str, Callable[[], Finding]] = {
    "settings": check_names,
    "data": check_data,
    "database": check_database,
    "search": check_search,
    "redis": check_redis,
    "public URL": check_public_url,
    "bounces": check_bounces,
}
