"""``./masthead manage transport add|list|test|enable|disable``: the mail servers that we use."""

from __future__ import annotations

import datetime as dt
import getpass
import sys
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from mailer.dispatch.limits.throttle import Slowed, open_throttle
from mailer.dispatch.servers.probe import probe
from mailer.errors import InvalidSetting, LimitsUnavailable, UnreadableSecret
from mailer.models import Transport
from mailer.models.transport import describe

# Each option of `add` is a column of the same name.
COLUMNS: dict[str, tuple[Callable[[str], Any], str]] = {
    "weight": (int, "its share of the mail; 0: only when others fail (1 if not given)"),
    "messages_per_second": (str, "such as 14 or 0.5"),
    "open_connections": (int, "of all workers together"),
    "messages_per_connection": (int, "before a connection is renewed"),
    "daily_cap": (int, "messages a day (UTC)"),
    "warm_up_from": (dt.date.fromisoformat, "the first day of a new address, as 2026-03-01"),
}


class Command(BaseCommand):
    help = "Add, list, test, enable or disable the mail servers that mailings leave by."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        add = verbs.add_parser("add", help="add a server; its password is read from standard input")
        add.add_argument("name")
        add.add_argument("url", help="smtp://user@mail.example.org:587?tls=required")
        for column, (kind, words) in COLUMNS.items():
            add.add_argument(f"--{column.replace('_', '-')}", type=kind, help=words)
        verbs.add_parser("list", help="show all servers, their limits and their health")
        for verb, words in (
            ("test", "connect, protect and log in, sending nothing"),
            ("enable", "use a server, forgetting its earlier failures"),
            ("disable", "use a server no more"),
        ):
            verbs.add_parser(verb, help=words).add_argument("name")

    def handle(self, *_: Any, verb: str, **options: Any) -> None:
        getattr(self, f"_{verb}")(options)

    def _add(self, options: dict[str, Any]) -> None:
        row = Transport(name=options["name"])
        try:
            row.set_url(options["url"])
            if "@" in row.url and not row.sealed_password:
                row.set_password(_read_password())
            for column in COLUMNS:
                if options[column] is not None:
                    setattr(row, column, options[column])
            row.full_clean()
        except InvalidSetting as error:
            raise CommandError(describe(error)) from None
        except ValidationError as error:
            raise CommandError("\n".join(_lines(error))) from None
        row.save()
        self.stdout.write(f"{row.name} is added. Try it: ./masthead manage transport test {row}")

    def _list(self, _: dict[str, Any]) -> None:
        for row in Transport.objects.all():
            self.stdout.write(f"{row.name:<16} {_state(row)}  {row.url}")
            for line in (_limits(row), row.problem, *_slowed(row)):
                if line:
                    self.stdout.write(f"{'':<16} {line}")
        if not Transport.objects.exists():
            self.stdout.write("There is none: MASTHEAD_SMTP_URL is the one server.")

    def _test(self, options: dict[str, Any]) -> None:
        row = _find(options["name"])
        try:
            config = row.config()
        except (InvalidSetting, UnreadableSecret) as error:
            raise CommandError(describe(error)) from None
        findings = []
        for each in probe(config):
            findings.append(each)
            mark = "ok  " if each.ok else "MEND"
            self.stdout.write(f"{mark}  {each.step:<8} {each.words} {each.remedy}".rstrip())
        if not all(each.ok for each in findings):
            raise CommandError(f"{row.name} needs mending.")

    def _enable(self, options: dict[str, Any]) -> None:
        row = _find(options["name"])
        row.enabled = True
        row.forget_failures()
        row.save()
        self.stdout.write(f"{row.name} is used from now on.")

    def _disable(self, options: dict[str, Any]) -> None:
        row = _find(options["name"])
        row.enabled = False
        row.save()
        self.stdout.write(f"{row.name} is used no more; what it has taken already is sent.")


def _find(name: str) -> Transport:
    row = Transport.objects.filter(name=name).first()
    if row is None:
        names = ", ".join(Transport.objects.values_list("name", flat=True)) or "none yet"
        raise CommandError(f"There is no transport {name!r}; there are: {names}.")
    return row


def _read_password() -> str:
    """Read a password without showing it: an argument would stand in the list of processes."""
    if sys.stdin.isatty():
        return getpass.getpass("Password: ")
    return sys.stdin.readline().rstrip("\r\n")


def _lines(error: ValidationError) -> list[str]:
    return [f"{field}: {words}" for field, each in error.message_dict.items() for words in each]


def _state(row: Transport) -> str:
    if not row.enabled:
        return "disabled"
    return f"FAILING since {row.failing_since:%Y-%m-%d %H:%M}" if row.failing_since else "ok"


def _limits(row: Transport) -> str:
    shown = {
        "weight": row.weight,
        "a second": row.messages_per_second,
        "connections": row.open_connections,
        "a connection": row.messages_per_connection,
        "today": row.cap_on(dt.datetime.now(tz=dt.UTC).date()),
    }
    return ", ".join(
        f"{name}: {value.normalize():f}" if isinstance(value, Decimal) else f"{name}: {value}"
        for name, value in shown.items()
        if value is not None
    )


def _slowed(row: Transport) -> list[str]:
    try:
        slowed = open_throttle(row.pk).slowed()
    except LimitsUnavailable as error:
        return [str(error)]
    return [_describe_slowed(name, each) for name, each in sorted(slowed.items())]


def _describe_slowed(name: str, slowed: Slowed) -> str:
    now_ms = dt.datetime.now(tz=dt.UTC).timestamp() * 1000
    pause = max(round((slowed.paused_until_ms - now_ms) / 1000), 0)
    whom = "all recipients" if name == "*" else name
    waiting = f", after a pause of {pause} s more" if pause else ""
    return f"{whom}: slowed down to {slowed.rate:.2g} a second{waiting}"
