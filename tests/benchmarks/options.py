"""What can be asked of ``bench send``."""

from __future__ import annotations

import argparse
from dataclasses import dataclass

MOST_RECIPIENTS = 5_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options; ``sink`` is the port of the user's own server on this machine, or 0."""

    recipients: int
    kilobytes: int
    senders: int
    connections: int
    rtt_ms: float
    dkim: str
    sink: int
    counting: bool
    chunking: bool
    servers: bool
    reference: bool
    verify: int
    until_first: bool
    json: bool


def parse(arguments: list[str]) -> Options:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="./masthead bench send",
        description="Send one mailing through real workers to a sink on this machine, beside "
        "Postfix's smtp-source in the same run. On the servers of DATABASE_URL and REDIS_URL, "
        "or else on SQLite and the embedded Redis.",
    )
    _add_size(parser)
    _add_network(parser)
    parser.add_argument(
        "--servers", action="store_true", help="on a PostgreSQL and a Redis of its own"
    )
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    found = parser.parse_args(arguments)
    if found.sink and (found.counting or found.rtt_ms):
        parser.error("--sink is a server of your own: leave out --counting and --rtt-ms")
    found.counting |= found.chunking
    found.reference &= not found.until_first
    return Options(**vars(found))


def _add_size(parser: argparse.ArgumentParser) -> None:
    number = _number(1, MOST_RECIPIENTS)
    parser.add_argument("--recipients", type=number, default=10_000, help="default: 10000")
    parser.add_argument("--kilobytes", type=_number(30, 5_000), default=58, help="default: 58")
    parser.add_argument("--senders", type=_number(1, 64), default=1, help="processes; default: 1")
    parser.add_argument("--dkim", choices=("rsa", "ed25519"), default="", help="sign each message")
    parser.add_argument(
        "--no-reference", dest="reference", action="store_false", help="without smtp-source"
    )
    parser.add_argument(
        "--verify",
        type=_number(0, MOST_RECIPIENTS),
        default=2_000,
        help="send so many once more to a sink that knows recipients (default: 2000)",
    )
    parser.add_argument(
        "--until-first", action="store_true", help="end at the first message, without a reference"
    )


def _add_network(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--connections", type=_number(0, 1_000), default=0, help="most connections a process"
    )
    parser.add_argument("--rtt-ms", type=_milliseconds, default=0.0, help="a round trip's length")
    parser.add_argument("--sink", type=_port, default=0, metavar="HOST:PORT", help="your own sink")
    parser.add_argument(
        "--counting", action="store_true", help="the rig's own sink, which knows each recipient"
    )
    parser.add_argument("--chunking", action="store_true", help="the same, offering CHUNKING")


def _number(low: int, high: int):
    def read(text: str) -> int:
        if not text.isdecimal() or not low <= int(text) <= high:
            raise argparse.ArgumentTypeError(f"write a number from {low} to {high}")
        return int(text)

    return read


def _milliseconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 10_000:
        raise argparse.ArgumentTypeError("write milliseconds from 0 to 10000")
    return value


def _port(text: str) -> int:
    host, _, port = text.rpartition(":")
    if host not in {"127.0.0.1", "localhost"} or not port.isdecimal():
        raise argparse.ArgumentTypeError("write 127.0.0.1:PORT: mail must not leave this machine")
    return int(port)
