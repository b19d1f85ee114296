"""How commands speak when somebody runs them: as Masthead's, and without Django's own options.

Django names ``manage.py`` and the class of an error; the user typed ``./masthead``, and wants
one sentence. The options that Django gives to every command still work; they are not shown.
"""

from __future__ import annotations

import argparse
import sys
from difflib import get_close_matches
from typing import Any

from django.core.management import ManagementUtility, get_commands
from django.core.management.base import (
    BaseCommand,
    CommandError,
    CommandParser,
    SystemCheckError,
)

MANAGE = "./masthead manage"
# What the launcher has a word of its own for.
SHORT = {
    "render": "render",
    "serve": "serve",
    "doctor": "doctor",
    "demo": "demo",
    "import_subscribers": "import",
    "export_subscribers": "export",
}
UNKNOWN_COMMAND = 2  # as the launcher says of its own
DJANGOS = {
    *("--version", "--verbosity", "--settings", "--pythonpath", "--traceback"),
    *("--no-color", "--force-color", "--skip-checks"),
}


class Program(ManagementUtility):
    """Run a management command for somebody at a terminal."""

    def __init__(self, argv: list[str]) -> None:
        super().__init__(argv)
        self.prog_name = MANAGE

    def fetch_command(self, subcommand: str) -> BaseCommand:
        """Return the command, which speaks as ours; an unknown one ends the program."""
        known = get_commands()
        if subcommand not in known:
            near = get_close_matches(subcommand, known, n=1)
            meant = f" (did you mean {near[0]}?)" if near else ""
            sys.stderr.write(
                f"masthead: There is no command {subcommand!r}{meant}: {MANAGE} help lists them.\n"
            )
            raise SystemExit(UNKNOWN_COMMAND)
        return speak_as_ours(super().fetch_command(subcommand), subcommand)


def speak_as_ours(command: BaseCommand, name: str) -> BaseCommand:
    """Let a command's help name what was typed, and its errors begin as the launcher's do."""
    add_arguments, execute = command.add_arguments, command.execute

    def add_ours(parser: CommandParser) -> None:
        # The options that every command has are there by now, and no subparser yet.
        parser.prog = f"./masthead {SHORT[name]}" if name in SHORT else f"{MANAGE} {name}"
        for action in parser._actions:  # noqa: SLF001 - argparse has no other list of them
            if DJANGOS.intersection(action.option_strings):
                action.help = argparse.SUPPRESS
        add_arguments(parser)

    def execute_ours(*arguments: Any, **options: Any) -> str | None:
        try:
            return execute(*arguments, **options)
        except SystemCheckError:
            raise  # it has a form of its own
        except CommandError as error:
            if options.get("traceback"):
                raise
            sys.stderr.write(f"masthead: {error}\n")
            raise SystemExit(error.returncode) from None

    command.add_arguments = add_ours  # type: ignore[method-assign]
    command.execute = execute_ours  # type: ignore[method-assign]
    return command
