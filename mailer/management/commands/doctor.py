"""``./masthead doctor``: what is configured, what is missing, and how to mend it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import redis
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from mailer.dispatch.probe import probe
from mailer.embedded.redis import find_redis
from mailer.errors import InvalidSetting, MastheadError, UnreadableSecret
from mailer.models import Transport
from mailer.models.transport import describe
from mailer.transport.smtp.config import SmtpConfig

Finding = tuple[bool, str]


class Command(BaseCommand):
    help = "Say what is configured, what is missing, and how to mend it."
    requires_system_checks: list[str] = []

    def handle(self, *_: Any, **__: Any) -> None:
        findings = [(name, *check()) for name, check in CHECKS.items()]
        findings += check_mail_servers()
        for name, good, words in findings:
            self.stdout.write(f"{'ok  ' if good else 'MEND'}  {name:<12} {words}")
        bad = [name for name, good, _ in findings if not good]
        if bad:
            raise CommandError(f"{len(bad)} of {len(findings)} need mending: {', '.join(bad)}.")


def check_data() -> Finding:
    """Look whether the data folder can be written to."""
    folder: Path = settings.VAR_DIR
    if os.access(folder, os.W_OK):
        return True, str(folder)
    return False, f"{folder} can't be written to: set MASTHEAD_VAR to a folder of yours"


def check_database() -> Finding:
    """Look whether the database answers and has its tables."""
    try:
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        words = " ".join(str(error).split())
        return False, f"{connection.vendor} does not answer ({words}): see DATABASE_URL"
    if waiting:
        return False, f"{connection.vendor} lacks tables: run ./masthead manage migrate"
    return True, connection.vendor


def check_redis() -> Finding:
    """Look whether Redis answers, or can be started when it is needed."""
    if settings.REDIS_IS_EMBEDDED:
        try:
            return True, f"embedded: {find_redis()}"
        except MastheadError as error:
            return False, str(error)
    try:
        redis.Redis.from_url(settings.REDIS_URL, socket_timeout=5).ping()
    except redis.RedisError as error:
        return False, f"it does not answer ({error}): see REDIS_URL"
    return True, "answers"


def check_mail_servers() -> Iterator[tuple[str, bool, str]]:
    """Try each mail server that mailings leave by: the transports, or the one of the setting."""
    try:
        rows = list(Transport.objects.all())
    except DatabaseError:
        rows = []  # without its table there is none; the database's own finding says so
    if not rows:
        config = SmtpConfig.from_url(settings.SMTP_URL)
        yield "mail server", *try_mail_server(config, remedy="See MASTHEAD_SMTP_URL.")
        return
    used = [row for row in rows if row.enabled]
    if not used:
        yield "mail server", False, "all are disabled: ./masthead manage transport enable NAME"
    for row in used:
        yield f"mail server {row.name}", *check_transport(row)


def check_transport(row: Transport) -> Finding:
    """Try a mail server that was set up in the admin or by command."""
    try:
        config = row.config()
    except (InvalidSetting, UnreadableSecret) as error:
        return False, describe(error)
    return try_mail_server(config, remedy=f"See ./masthead manage transport test {row.name}.")


def try_mail_server(config: SmtpConfig, *, remedy: str) -> Finding:
    """Connect, protect and log in as sending does, and tell the first step that fails."""
    *_, last = found = list(probe(config))
    bad = next((each for each in found if not each.ok), None)
    where = f"{config.host}:{config.port}"
    if bad:
        return False, f"{where}, {bad.step}: {bad.words} {bad.remedy} {remedy}"
    return True, f"{where}: {found[1].words} {found[2].words} {last.words}"


def check_public_url() -> Finding:
    """Look whether readers can reach the site."""
    if settings.PUBLIC_URL.startswith("https://"):
        return True, settings.PUBLIC_URL
    return False, f"{settings.PUBLIC_URL} is for this machine alone: set MASTHEAD_PUBLIC_URL"


def check_bounces() -> Finding:
    """Look whether bounces can find their way back."""
    if settings.BOUNCE_DOMAIN.endswith("localhost"):
        return False, "bounces can't come back: set MASTHEAD_BOUNCE_DOMAIN and its MX record"
    return True, settings.BOUNCE_DOMAIN


CHECKS: dict[str, Callable[[], Finding]] = {
    "data": check_data,
    "database": check_database,
    "redis": check_redis,
    "public URL": check_public_url,
    "bounces": check_bounces,
}
