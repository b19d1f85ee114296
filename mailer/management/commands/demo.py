"""``./masthead demo``: send an issue through a small world of mailboxes, and count."""

from __future__ import annotations

import os
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from mailer.demo.options import add_arguments, read_options, write_arguments


class Command(BaseCommand):
    help = "Send an issue to sample readers on this machine, and hold the ledger to account."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        add_arguments(parser)

    def handle(self, *_: Any, **values: Any) -> None:
        options = read_options(values, settings.VAR_DIR / "demo")
        command = [sys.executable, "-m", "mailer.demo", *write_arguments(options)]
        # Settings are read once a process: the demo, which has its own, takes this one's place.
        sys.stdout.flush()
        os.chdir(settings.BASE_DIR)
        os.execv(sys.executable, command)  # noqa: S606 - our own program
