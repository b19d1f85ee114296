"""Measure the desk's pages at size: ``./masthead bench pages --desk``.

A PostgreSQL of its own is filled with people and a ledger (see ``tests.rig.institution``); a real
web server answers. An admin who is logged in asks each page so often, one request after the other,
the pages in turns, after one of each that is not counted and printed apart as the first. Every
page is whole: its time is from the request to the last octet.
"""

from __future__ import annotations

import argparse
import http.client
import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from rich.console import Console
from rich.table import Table

from tests.benchmarks.summary import summarise
from tests.rig.place import own_place

TARGET_MS = 150.0  # at the 95th percentile
TIMEOUT_SECONDS = 120
OK = (200, 302)
API = "/api/v1/"  # which knows a token and no cookie


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """One answer: how long it took, what it said of itself, and how long it was."""

    milliseconds: float
    status: int
    octets: int


def main(arguments: list[str]) -> int:
    """Run the benchmark; return 1 if a page misses its target or was refused."""
    options = parse(arguments)
    settings = {"MASTHEAD_LOG_LEVEL": "WARNING", "MASTHEAD_SIGNALS": "people"}
    if options.keep:
        options.keep.mkdir(parents=True, exist_ok=True)
        options.keep.chmod(0o711)
    with own_place(servers=True, settings=settings, engine_folder=options.keep) as place:
        figures = perform(options, place)
    if options.json:
        sys.stdout.write(f"{json.dumps(figures)}\n")
    else:
        show(figures)
    return int(bool(figures["late"]) or bool(figures["refused"]))


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="./masthead bench pages --desk", description=__doc__)
    parser.add_argument("--desk", action="store_true", help="the desk's pages")
    parser.add_argument("--subscribers", type=int, default=100_000)
    parser.add_argument("--deliveries", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=40, help="how often each page is asked")
    parser.add_argument("--only", default="", help="the pages whose names have this in them")
    parser.add_argument(
        "--keep", type=Path, help="a folder in which the database stays for the next run"
    )
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    return parser.parse_args(arguments)


def perform(options: argparse.Namespace, place) -> dict[str, object]:
    """Make the data if there is none, ask every page, and return the figures."""
    from django.conf import settings  # noqa: PLC0415 - needs the settings of the place

    from mailer.embedded.installation import describe_programs  # noqa: PLC0415
    from tests.rig.installation import start_programs  # noqa: PLC0415

    began = time.monotonic()
    cookies = prepare(options)
    filled = time.monotonic() - began
    enter_everybody()
    entered = time.monotonic() - began - filled
    start_programs(place, ["worker"])
    place.processes.start("web", describe_programs()["web"])
    place.processes.await_port(settings.WEB_PORT)
    pages = {name: path for name, path in list_pages().items() if options.only in name}
    first = ask_all(pages, cookies, times=1)
    looked = ask_all(pages, cookies, times=options.times)
    rows = {
        name: summarise([each.milliseconds for each in looked[name]])
        | {
            "first_ms": round(first[name][0].milliseconds, 1),
            "kilobytes": round(first[name][0].octets / 1024, 1),
        }
        for name in pages
    }
    return {
        "subscribers": options.subscribers,
        "deliveries": options.deliveries,
        "fill_seconds": round(filled, 1),
        "enter_seconds": round(entered, 1),
        "late": sorted(name for name, row in rows.items() if row["p95_ms"] >= TARGET_MS),
        "refused": {
            name: each.status
            for name, answers in (first | looked).items()
            for each in answers
            if each.status not in OK
        },
        "pages": rows,
    }


def prepare(options: argparse.Namespace) -> dict[str, str]:
    """Fill the database unless it was kept; return the cookies of two admins, and a token."""
    from django.conf import settings  # noqa: PLC0415 - needs the settings of the place
    from django.contrib.auth.models import User  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from mailer.content.read import read_issue  # noqa: PLC0415
    from mailer.dispatch.editions.pictures import store_pictures  # noqa: PLC0415
    from mailer.models import ApiToken, Mailing, Publication, Scope  # noqa: PLC0415
    from tests.rig.institution import SAMPLE, build  # noqa: PLC0415

    if not Mailing.objects.exists():
        build(options.subscribers, options.deliveries, now=timezone.now())
    store_pictures(read_issue(SAMPLE / "sample.en.md").pictures)  # a kept database has none
    cookies = {}
    for user in User.objects.all():
        client = Client()
        client.force_login(user)
        name = settings.SESSION_COOKIE_NAME
        cookies[user.username] = f"{name}={client.cookies[name].value}"
    publication, user = Publication.objects.get(slug="tidewater"), User.objects.first()
    now = timezone.now()
    _, secret = ApiToken.make(publication, name="bench", scope=Scope.READ, user=user, now=now)
    return cookies | {API: f"Bearer {secret}"}


def enter_everybody() -> None:
    """Do what beat's calls have done of the search's index some minutes after an import."""
    from django.utils import timezone  # noqa: PLC0415 - needs the settings of the place

    from subscribers.searching.entering import GRACE, enter_people  # noqa: PLC0415

    now = timezone.now()
    while enter_people(now=now - GRACE):
        pass
    enter_people(now=now)


def list_pages() -> dict[str, str]:
    """Return the desk's and the archive's pages by name; a star is for the admin of one desk."""
    from mailer.models import Mailing  # noqa: PLC0415 - needs the settings of the place
    from subscribers.models import Segment, Subscriber, Suppression  # noqa: PLC0415

    own = "/desk/tidewater"
    issue, edition = f"{own}/issues/5", f"{own}/issues/5/editions/en"
    states = dict(Mailing.objects.order_by("-id").values_list("state", "id"))
    sent, going = f"{own}/mailings/{states['sent']}", f"{own}/mailings/{states['sending']}"
    later, draft = f"{own}/mailings/{states['scheduled']}", f"{own}/mailings/{states['draft']}"
    people = f"{own}/people"
    somebody = Subscriber.objects.order_by("id")[42]
    reader = f"{people}/readers/{somebody.pk}"
    segment = f"{people}/segments/{Segment.objects.order_by('id').first().pk}"
    held = Suppression.objects.order_by("id").last().pk
    return {
        "publications": "/desk/",
        "today": f"{own}/",
        "issues": f"{own}/issues/",
        "issues, searched": f"{own}/issues/?q=harbour",
        "issue": f"{issue}/",
        "take in": f"{own}/issues/new/",
        "begin": f"{own}/issues/begin/",
        "write": f"{edition}/edit/",
        "proof": f"{edition}/edit/proof",
        "history": f"{edition}/edit/history/",
        "languages": f"{issue}/languages/",
        "preview": f"{edition}/",
        "preview's frame": f"{edition}/page",
        "checks": f"{issue}/checks/",
        "sign-off": f"{issue}/sign-off/",
        "review": f"{edition}/review/",
        "order of signing": f"{own}/sign-off/",
        "test messages": f"{issue}/try/",
        "plan": f"{issue}/send/",
        "change plan": f"{draft}/plan/",
        "check": f"{draft}/check/",
        "sending": f"{going}/",
        "scheduled": f"{later}/",
        "cancel": f"{going}/cancel/",
        "report": f"{sent}/report/",
        "report, going": f"{going}/report/",
        "report as CSV": f"{sent}/report.csv",
        "calendar": f"{own}/calendar/",
        "audit": f"{own}/audit/",
        "interest": f"{sent}/interest/",
        "interest's frame": f"{sent}/interest/en",
        "revision": f"{edition}/edit/history/1/",
        "difference": f"{edition}/difference/",
        "readers": f"{people}/",
        "readers, far": f"{people}/?after={somebody.pk + 500_000}",
        "readers, by address": f"{people}/?sort=address",
        "readers of a list": f"{people}/?list=members&state=confirmed",
        "readers, who left": f"{people}/?state=unsubscribed",
        "readers, one address": f"{people}/?q={somebody.email}",
        "readers, part of a name": f"{people}/?q=okafor4711",
        "readers, part of an address": f"{people}/?q=ader47110@",
        "readers, a common name": f"{people}/?q=okafor",
        "readers, two letters, nobody": f"{people}/?q=zq",
        "readers, two letters": f"{people}/?q=ok",
        "readers, one letter": f"{people}/?q=c",
        "readers, nobody": f"{people}/?q=nosuchperson",
        "readers of a segment": f"{people}/?segment={segment.rsplit('/', 1)[1]}",
        "reader": f"{reader}/",
        "erase reader": f"{reader}/erase/",
        "add reader": f"{people}/add/",
        "lists": f"{people}/lists/",
        "list": f"{people}/lists/of/readers/",
        "change list": f"{people}/lists/of/readers/change/",
        "new list": f"{people}/lists/new/",
        "segments": f"{people}/segments/",
        "segment": f"{segment}/",
        "segment, one reader": f"{segment}/?reader={somebody.email}",
        "new segment": f"{people}/segments/new/",
        "change segment": f"{segment}/change/",
        "imports": f"{people}/imports/",
        "new import": f"{people}/imports/new/",
        "suppressions": f"{people}/suppressions/",
        "suppressions *": f"{people}/suppressions/",
        "suppressions, complaints": f"{people}/suppressions/?reason=complaint",
        "suppressions, complaints *": f"{people}/suppressions/?reason=complaint",
        "suppressions, nobody": f"{people}/suppressions/?q=nosuchperson",
        "add suppression": f"{people}/suppressions/add/",
        "lift": f"{people}/suppressions/{held}/lift/",
        "returns": f"{people}/returns/",
        "returns, complaints": f"{people}/returns/?kind=complaint",
        "returns, nobody": f"{people}/returns/?q=nosuchperson",
        "settings": f"{own}/settings/",
        "team": f"{own}/settings/team/",
        "servers": f"{own}/settings/servers/",
        "domain": f"{own}/settings/domain/",
        "tokens": f"{own}/settings/tokens/",
        "webhooks": f"{own}/settings/webhooks/",
        "API, lists": f"{API}lists",
        "API, mailings": f"{API}mailings",
        "API, a mailing": f"{API}mailings/{sent.rsplit('/', 1)[1]}",
        "archive": "/archive/tidewater/",
        "archive, issue": "/archive/tidewater/5/",
        "archive, mail": "/archive/tidewater/5/en/",
        "archive, feed": "/archive/tidewater/feed.atom",
        "archive, map": "/sitemap.xml",
    }


def ask_all(
    pages: dict[str, str], cookies: dict[str, str], *, times: int
) -> dict[str, list[Looked]]:
    """Ask each page so often, in turns, on one connection."""
    from django.conf import settings  # noqa: PLC0415 - needs the settings of the place

    link = http.client.HTTPConnection(urlsplit(settings.PUBLIC_URL).netloc, timeout=TIMEOUT_SECONDS)
    looked: dict[str, list[Looked]] = {name: [] for name in pages}
    for _ in range(times):
        for name, path in pages.items():
            cookie = cookies["editor" if name.endswith("*") else "admin"]
            headers = {"Authorization": cookies[API]} if API in path else {"Cookie": cookie}
            began = time.perf_counter()
            link.request("GET", path, headers=headers)
            response = link.getresponse()
            octets = len(response.read())
            taken = (time.perf_counter() - began) * 1_000
            looked[name].append(Looked(milliseconds=taken, status=response.status, octets=octets))
    link.close()
    return looked


def show(figures: dict[str, object]) -> None:
    """Print the figures as a table, the slowest page first, and how they were taken."""
    console = Console(highlight=False)
    console.print(str(__doc__))
    table = Table("page", "p50", "p95", "most", "first", "KB", title="milliseconds")
    rows = sorted(figures["pages"].items(), key=lambda item: -item[1]["p95_ms"])
    for name, row in rows:
        values = ("p50_ms", "p95_ms", "max_ms", "first_ms", "kilobytes")
        table.add_row(name, *(str(row[value]) for value in values))
    console.print(table)
    console.print({name: value for name, value in figures.items() if name != "pages"})
