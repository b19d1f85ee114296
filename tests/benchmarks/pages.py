"""Measure readers' pages while a mailing is being sent: ``./masthead bench pages``.

A real web server answers; real workers send a mailing to a sink beside it, on the same machine.
Requests begin at a fixed rate, and a request's time counts from when it was due: one that had to
wait because others were slow is slow too. The kinds take turns:

- one-click: a POST of another reader's link each time, as a mail program makes it (RFC 8058)
- preferences, form: the pages as a reader first sees them
- known, unknown: the form sent in with an address that is a reader's, and with one that is not;
  each from another network, without proof of work, so that limits delay and do not refuse
"""

from __future__ import annotations

import argparse
import http.client
import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

from rich.console import Console
from rich.table import Table

from tests.benchmarks import desk
from tests.benchmarks.summary import summarise
from tests.rig.place import own_place

TARGET_MS = 100.0  # one click, at the 99th percentile
CLIENTS = 8
WARM_UP = 40  # requests that are not counted, before the mailing begins
TIMEOUT_SECONDS = 30
LONGEST_START_SECONDS = 60
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A request: its kind, and what it sends."""

    kind: str
    method: str
    path: str
    body: str = ""
    network: str = "192.0.2.1"


@dataclass(slots=True)
class Seen:
    """What clients saw: milliseconds by kind, and answers that were not 200."""

    times: dict[str, list[float]] = field(default_factory=dict)
    refused: Counter[str] = field(default_factory=Counter)


def main(arguments: list[str]) -> int:
    """Run the benchmark; return 1 if one click misses its target or anything was refused."""
    if "--desk" in arguments:
        return desk.main(arguments)
    options = parse(arguments)
    settings = {
        "MASTHEAD_SENDERS": str(options.senders),
        # The clients say from which network they are, as behind a proxy.
        "MASTHEAD_TRUSTED_PROXIES": "127.0.0.1",
        "MASTHEAD_LOG_LEVEL": "WARNING",
    }
    with own_place(servers=options.servers, settings=settings) as place:
        figures = perform(options, place)
    if options.json:
        sys.stdout.write(f"{json.dumps(figures)}\n")
    else:
        show(figures)
    late = figures["pages"]["one-click"]["p99_ms"] >= TARGET_MS
    return int(late or bool(figures["refused"]) or not figures["sending_throughout"])


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="./masthead bench pages", description=__doc__)
    parser.add_argument(
        "--desk", action="store_true", help="the desk's pages instead, at size: --desk --help"
    )
    parser.add_argument("--requests", type=int, default=1_500, help="of all kinds together")
    parser.add_argument("--rate", type=float, default=40.0, help="requests a second")
    parser.add_argument("--recipients", type=int, default=60_000, help="of the mailing")
    parser.add_argument("--senders", type=int, default=1, help="processes")
    parser.add_argument(
        "--servers", action="store_true", help="on a PostgreSQL and Redis of its own"
    )
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    return parser.parse_args(arguments)


def perform(options: argparse.Namespace, place) -> dict[str, object]:
    """Make people, start everything, ask, and return the figures."""
    from mailer.models import Mailing  # noqa: PLC0415 - needs the settings of the place

    mailing, asks = prepare(options, place)
    await_sending(mailing)
    began = time.monotonic()
    seen = ask_all(asks, rate=options.rate)
    seconds = time.monotonic() - began
    still = Mailing.objects.get(pk=mailing.pk)
    return {
        "engines": place.engines.name,
        "requests": len(asks),
        "seconds": round(seconds, 1),
        "a_second": round(len(asks) / seconds, 1),
        "sending_throughout": still.state == "sending",
        "refused": dict(seen.refused),
        "pages": {kind: summarise(times) for kind, times in sorted(seen.times.items())},
    }


def prepare(options: argparse.Namespace, place) -> tuple[object, list[Ask]]:
    """Make the readers and the mailing, start the programs, and write down what is asked."""
    from django.conf import settings  # noqa: PLC0415 - needs the settings of the place
    from django.utils import timezone  # noqa: PLC0415

    from mailer.dispatch.control.schedule import create_mailing, schedule_mailing  # noqa: PLC0415
    from mailer.dispatch.tasks import wake_scheduler  # noqa: PLC0415
    from mailer.embedded.installation import describe_programs  # noqa: PLC0415
    from tests.rig import postfix_sink  # noqa: PLC0415
    from tests.rig.bulletin import make_edition  # noqa: PLC0415
    from tests.rig.installation import start_programs  # noqa: PLC0415
    from tests.rig.people import make_readers  # noqa: PLC0415

    now = timezone.now()
    readers = make_readers(options.recipients, "readers", now=now)
    edition, _ = make_edition(58, readers, now=now)
    postfix_sink.start_sink(place, place.smtp_port)
    start_programs(place)
    place.processes.start("web", describe_programs()["web"])
    place.processes.await_port(settings.WEB_PORT)
    asks = list(plan_asks(readers, WARM_UP + options.requests))
    # A server that has just started loads what it needs with the first requests.
    ask_all(asks[:WARM_UP], rate=WARM_UP / 2)
    mailing = create_mailing(edition.issue, lists=[readers], now=timezone.now())
    schedule_mailing(mailing, at=timezone.now())
    wake_scheduler()
    return mailing, asks[WARM_UP:]


def plan_asks(readers, count: int) -> Iterator[Ask]:
    """Yield requests of all kinds in turns, each for another reader."""
    from subscribers.links import preferences_path, unsubscribe_path  # noqa: PLC0415
    from subscribers.tokens import Purpose, sign  # noqa: PLC0415

    places = list(
        readers.subscriptions.order_by("-subscriber").values_list(
            "subscriber", "subscriber__email"
        )[:count]
    )
    for number, (person, email) in enumerate(places):
        names = {"subscriber_id": person, "list_id": readers.pk}
        network = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        stranger = f"nobody{number}@{number}.example"
        yield [
            Ask(
                kind="one-click",
                method="POST",
                path=unsubscribe_path(sign(Purpose.UNSUBSCRIBE, **names)),
                body="List-Unsubscribe=One-Click",
            ),
            Ask(
                kind="preferences",
                method="GET",
                path=preferences_path(sign(Purpose.PREFERENCES, **names)),
            ),
            Ask(kind="form", method="GET", path="/subscribe/harbour"),
            send_in("known", email, network),
            send_in("unknown", stranger, network),
        ][number % 5]


def send_in(kind: str, email: str, network: str) -> Ask:
    """Return the form filled in."""
    body = urlencode({"email": email, "lists": "readers"})
    return Ask(kind=kind, method="POST", path="/subscribe/harbour", body=body, network=network)


def await_sending(mailing) -> None:
    """Wait until messages leave."""
    from mailer.models import Delivery  # noqa: PLC0415 - needs the settings of the place

    end = time.monotonic() + LONGEST_START_SECONDS
    accepted = Delivery.objects.filter(mailing=mailing, state="accepted")
    while not accepted.exists():
        if time.monotonic() > end:
            raise TimeoutError("No message left: read the logs.")
        time.sleep(0.1)


def ask_all(asks: Sequence[Ask], *, rate: float) -> Seen:
    """Ask at a fixed rate by several clients, each on a connection that stays open."""
    seen, lock = Seen(), threading.Lock()
    start = time.monotonic()
    due = iter(enumerate(asks))

    def take() -> tuple[int, Ask] | None:
        with lock:
            return next(due, None)

    def note(kind: str, milliseconds: float, status: int) -> None:
        with lock:
            seen.times.setdefault(kind, []).append(milliseconds)
            if status != 200:
                seen.refused[f"{kind}: {status}"] += 1

    clients = [
        threading.Thread(target=run_client, args=(take, note, start, rate)) for _ in range(CLIENTS)
    ]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    return seen


def run_client(
    take: Callable[[], tuple[int, Ask] | None],
    note: Callable[[str, float, int], None],
    start: float,
    rate: float,
) -> None:
    """Ask one thing after the other, each when it is due."""
    from django.conf import settings  # noqa: PLC0415 - needs the settings of the place

    link = http.client.HTTPConnection(urlsplit(settings.PUBLIC_URL).netloc, timeout=TIMEOUT_SECONDS)
    while (taken := take()) is not None:
        number, ask = taken
        at = start + number / rate
        time.sleep(max(at - time.monotonic(), 0.0))
        headers = {"X-Forwarded-For": ask.network} | (FORM if ask.body else {})
        link.request(ask.method, ask.path, body=ask.body or None, headers=headers)
        response = link.getresponse()
        response.read()
        note(ask.kind, (time.monotonic() - at) * 1_000, response.status)
    link.close()


def show(figures: dict[str, object]) -> None:
    """Print the figures as a table, and how they were taken."""
    console = Console(highlight=False)
    console.print(str(__doc__))
    table = Table("page", "requests", "p50", "p95", "p99", "max", title="ms while sending")
    for kind, row in figures["pages"].items():
        table.add_row(kind, *(str(value) for value in row.values()))
    console.print(table)
    console.print({name: value for name, value in figures.items() if name != "pages"})
