"""Measure how long counting a segment takes, on a PostgreSQL of its own.

Run ``./masthead bench segments --subscribers 1000000 --json``. People with eight attributes, and
a ledger of three issues that all of them got and a third of them opened, are written by the
database itself. Each rule has three conditions: one of a field, one of an attribute and one of
engagement; it is compiled anew and counted so often, by the function that the site uses, each
time with other values. The milliseconds are those of compiling and counting together.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

ISSUES = 3
CITIES = 50
TEAMS = 5
COUNTRIES = ("NO", "SE", "FR", "CN", "DE", "ES", "GB", "IT", "PL", "FI")

PEOPLE = """
    INSERT INTO subscribers_subscriber
        (id, email, email_normalised, name, language, country, time_zone, attributes, created_at)
    SELECT n, 'reader' || n || '@people.example', 'reader' || n || '@people.example',
        'Reader ' || n, 'en', (%s::text[])[1 + n %% 10], 'Europe/Oslo',
        jsonb_build_object(
            'city', 'City ' || (random() * {cities})::int,
            'team', 'Team ' || (random() * {teams})::int,
            'title', 'Dr', 'joined', '2020-05-' || (10 + n %% 20), 'branch', 'branch ' || n %% 97,
            'shoe', (36 + n %% 12)::text, 'song', 'Fjord', 'note', 'came by letter ' || n),
        now() - n * interval '1 minute'
    FROM generate_series(1, %s) AS n
"""
LEDGER = """
    INSERT INTO mailer_delivery (mailing_id, list_id, subscriber_id, email, email_normalised, name,
        state, skip_reason, note, attempts, deferrals, reply_status, reply_text, reply_stage,
        opened_at, clicked_at)
    SELECT %s, %s, n, 'reader' || n || '@people.example', 'reader' || n || '@people.example', '',
        'accepted', '', '', 1, 0, '', '', 'dot',
        CASE WHEN chance < 0.33 THEN now() END, CASE WHEN chance < 0.05 THEN now() END
    FROM (SELECT n, random() AS chance FROM generate_series(1, %s) AS n) AS people
"""


def main(argv: list[str]) -> int:
    """Print the milliseconds of each rule."""
    parser = argparse.ArgumentParser(prog="bench segments", description=__doc__)
    parser.add_argument("--subscribers", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=60, help="how often each rule is counted")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    if options.inside:
        say(json.dumps(measure(options.subscribers, options.times)))
        return 0
    figures = run(options)
    if options.json:
        say(json.dumps({"subscribers": options.subscribers, "method": __doc__} | figures, indent=2))
        return 0
    for name, found in figures["rules"].items():
        say(
            f"{name:28} {found['p50_ms']:8.1f} ms, 95 % {found['p95_ms']:8.1f}  ({found['people']})"
        )
    return 0


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Measure in a process whose database is a new PostgreSQL."""
    from tests.fakes.servers import start_postgres  # noqa: PLC0415 - help needs none

    with tempfile.TemporaryDirectory(prefix="masthead-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL runs as a user of its own
        server = start_postgres(folder / "cluster")
        environment = os.environ | {
            "DATABASE_URL": server.url,
            "MASTHEAD_VAR": str(folder / "var"),
            "MASTHEAD_LOG_LEVEL": "ERROR",
        }
        try:
            migrate = [sys.executable, str(ROOT / "manage.py"), "migrate", "--verbosity=0"]
            subprocess.run(migrate, env=environment, check=True)
            size = ["--subscribers", str(options.subscribers), "--times", str(options.times)]
            command = [sys.executable, __file__, "--inside", *size]
            done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
        finally:
            server.stop()
    return json.loads(done.stdout.splitlines()[-1])


def measure(subscribers: int, times: int) -> dict[str, Any]:
    """Fill the database of the environment and count each rule in it."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "mailer.settings"
    import django  # noqa: PLC0415 - the environment comes first

    django.setup()
    begun = time.perf_counter()
    fill(subscribers)
    filled = time.perf_counter() - begun
    make_index()
    indexed = time.perf_counter() - begun - filled
    chance = random.Random(7)
    rules = {name: clock(make, chance, times) for name, make in RULES.items()}
    return {"fill_seconds": round(filled, 1), "index_seconds": round(indexed, 1), "rules": rules}


def fill(subscribers: int) -> None:
    """Write people and a ledger."""
    from django.db import connection  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from mailer.models import Issue, Mailing, Publication  # noqa: PLC0415
    from subscribers.models import List  # noqa: PLC0415

    now = timezone.now()
    group = List.objects.create(name="Readers", slug="readers")
    publication = Publication.objects.create(name="B", slug="b", sender_address="b@b.example")
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # no check of each reference
        people = PEOPLE.format(cities=CITIES, teams=TEAMS)
        cursor.execute(people, [list(COUNTRIES), subscribers])
        for number in range(ISSUES):
            issue = Issue.objects.create(publication=publication, number=number, published="2026")
            mailing = Mailing.objects.create(
                issue=issue, state="sent", created_at=now, started_at=now
            )
            cursor.execute(LEDGER, [mailing.pk, group.pk, subscribers])
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("VACUUM ANALYZE")


def make_index() -> None:
    """Let the attribute that segments ask for have its index, as saving a segment does."""
    from subscribers.indexes import keep_indexes  # noqa: PLC0415
    from subscribers.models import Segment  # noqa: PLC0415

    for name in ("city", "team"):
        Segment.objects.create(name=name, rule=ask(f"attributes.{name}", "equals", "x"))
    keep_indexes()


def clock(
    make: Callable[[random.Random], dict[str, Any]], chance: random.Random, times: int
) -> dict[str, Any]:
    """Return what counting one kind of rule took, sorted from the fastest."""
    from subscribers.segments import count  # noqa: PLC0415

    taken, people = [], 0
    count(make(chance))  # the first one reads the index from the disk
    for _ in range(times):
        rule = make(chance)
        begun = time.perf_counter()
        people = count(rule)
        taken.append((time.perf_counter() - begun) * 1_000)
    taken.sort()
    return {
        "people": people,
        "p50_ms": round(taken[len(taken) // 2], 1),
        "p95_ms": round(taken[int(len(taken) * 0.95)], 1),
        "most_ms": round(taken[-1], 1),
    }


def ask(field: str, operator: str, value: Any) -> dict[str, Any]:
    return {"field": field, "operator": operator, "value": value}


def three(engagement: dict[str, Any], attribute: str, values: int) -> Callable[..., dict[str, Any]]:
    """Return what makes a rule of three conditions, each time with other values."""

    def make(chance: random.Random) -> dict[str, Any]:
        return {
            "all": [
                ask("country", "in", chance.sample(COUNTRIES, 3)),
                ask(
                    f"attributes.{attribute}",
                    "equals",
                    f"{attribute.title()} {chance.randrange(1, values)}",
                ),
                engagement,
            ]
        }

    return make


RULES: dict[str, Callable[[random.Random], dict[str, Any]]] = {
    "city, opened of 3": three(ask("opened", "in_last", 3), "city", CITIES),
    "city, clicked of 3": three(ask("clicked", "in_last", 3), "city", CITIES),
    "city, not opened of 3": three({"not": ask("opened", "in_last", 3)}, "city", CITIES),
    "city, received of 3": three(ask("received", "in_last", 3), "city", CITIES),
    "team (a fifth), opened of 3": three(ask("opened", "in_last", 3), "team", TEAMS),
}


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
