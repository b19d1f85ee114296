"""What can be asked of the demo: the same words for Django's command and for the process itself."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

MOST_SUBSCRIBERS = 100_000
ISSUES = Path(__file__).with_name("issues")
SAMPLES = (ISSUES / "sample.en.md", ISSUES / "sample.ar.md")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The demo's options.

    ``folder`` is where it keeps its data while it runs; without it, in the user's own.
    ``first_only`` leaves the second mailing out: for tests that break things meanwhile.
    """

    issues: tuple[Path, ...]
    subscribers: int
    once: bool
    json: bool
    port: int
    folder: Path | None = None
    first_only: bool = False


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name the demo's options to a parser."""
    parser.add_argument(
        "--issue", type=Path, help="an issue file (default: the sample, in English and Arabic)"
    )
    parser.add_argument(
        "--subscribers", type=_count, default=2_000, help="how many people (default: 2000)"
    )
    parser.add_argument(
        "--once", action="store_true", help="exit after the report; non-zero if a figure is off"
    )
    parser.add_argument(
        "--json",
        action="store_true",
        help="print the figures as JSON, and all else on standard error",
    )
    parser.add_argument(
        "--port", type=_port, default=8000, help="where the web listens (default: 8000)"
    )


def read_options(values: dict[str, object], folder: Path | None) -> Options:
    """Return the options from what a parser found."""
    issue = values["issue"]
    return Options(
        issues=(issue.resolve(),) if isinstance(issue, Path) else SAMPLES,
        subscribers=int(str(values["subscribers"])),
        once=bool(values["once"]),
        json=bool(values["json"]),
        port=int(str(values["port"])),
        folder=folder,
        first_only=bool(values.get("first_only")),
    )


def write_arguments(options: Options) -> list[str]:
    """Return the options as a command line for ``python -m mailer.demo``."""
    words = ["--folder", str(options.folder)] if options.folder else []
    words += ["--subscribers", str(options.subscribers), "--port", str(options.port)]
    if options.issues != SAMPLES:
        words += ["--issue", str(options.issues[0])]
    return words + [f"--{name}" for name in ("once", "json") if getattr(options, name)]


def parse(arguments: list[str]) -> Options:
    """Read the command line of ``./masthead demo``, which is ``python -m mailer.demo``."""
    parser = argparse.ArgumentParser(
        prog="./masthead demo",
        description="Send an issue to sample readers on this machine, and hold the ledger to "
        "account.",
    )
    add_arguments(parser)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--first-only", action="store_true", help=argparse.SUPPRESS)
    found = vars(parser.parse_args(arguments))
    folder = found["folder"]
    return read_options(found, folder.resolve() if folder else None)


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST_SUBSCRIBERS:
        raise argparse.ArgumentTypeError(f"write a number from 1 to {MOST_SUBSCRIBERS}")
    return int(text)


def _port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65_535:
        raise argparse.ArgumentTypeError("write a port from 1 to 65535")
    return int(text)
