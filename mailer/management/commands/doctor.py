"""``./masthead doctor``: what is configured, what is missing, and how to mend it."""

from __future__ import annotations

import os
import smtplib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import redis
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from mailer.embedded.redis import find_redis
from mailer.errors import MastheadError
from mailer.transport.smtp.config import SmtpConfig

Finding = tuple[bool, str]


class Command(BaseCommand):
    help = "Say what is configured, what is missing, and how to mend it."
    requires_system_checks: list[str] = []

    def handle(self, *_: Any, **__: Any) -> None:
        findings = [(name, *check()) for name, check in CHECKS.items()]
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


def check_mail_server() -> Finding:
    """Look whether the mail server answers, and what it offers."""
    try:
        config = SmtpConfig.from_url(settings.SMTP_URL)
        with smtplib.SMTP(config.host, config.port, timeout=5) as client:
            client.ehlo()
            return True, f"{config.host}:{config.port} offers {', '.join(client.esmtp_features)}"
    except (MastheadError, OSError, smtplib.SMTPException) as error:
        return False, f"it does not answer ({error}): see MASTHEAD_SMTP_URL"


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
    "mail server": check_mail_server,
    "public URL": check_public_url,
    "bounces": check_bounces,
}
