"""Measure how fast people are imported, on both engines.

Run ``./masthead bench import --rows 1000000 --json``. A CSV file with an address, a name, a
country and 8 attributes a row is written first; then each engine, new and empty, imports it
in a process of its own, by the same functions as ``./masthead import``. The seconds are those
of the whole import, with reading, judging, duplicates, evidence and indexes; the memory is the
peak of that process, and of the one that reads the file for it (PostgreSQL's own is not counted).
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

ENGINES = ("postgresql", "sqlite")
ATTRIBUTES = ("city", "team", "title", "joined", "branch", "shoe", "song", "note")
MEBIBYTE_KIB = 1024


def main(argv: list[str]) -> int:
    """Print the rows a second and the memory of each engine."""
    parser = argparse.ArgumentParser(prog="bench import", description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--engine", choices=ENGINES, action="append")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)  # of one engine's process
    options = parser.parse_args(argv)
    if options.folder:
        say(json.dumps(measure(options.folder / "people.csv")))
        return 0
    figures = {"rows": options.rows, "attributes": len(ATTRIBUTES), "method": __doc__}
    with tempfile.TemporaryDirectory(prefix="masthead-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL runs as a user of its own
        write_people(folder / "people.csv", options.rows)
        for engine in options.engine or ENGINES:
            figures[engine] = run_engine(engine, folder)
            if not options.json:
                tell(engine, figures[engine])
    if options.json:
        say(json.dumps(figures, indent=2))
    return 0


def write_people(path: Path, rows: int) -> None:
    """Write so many different people, always the same ones."""
    chance = random.Random(7)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["email", "name", "country", *ATTRIBUTES])
        for number in range(rows):
            given = chance.choice(ABROAD if number % 200 == 0 else GIVEN)
            local = f"{given}.{chance.getrandbits(32):x}.{number}".lower()
            writer.writerow(
                [
                    f"{local}@people{number % 997}.example",
                    f"{given} {chance.choice(FAMILY)}",
                    chance.choice(("NO", "SE", "FR", "CN")),
                    *make_attributes(chance, number),
                ]
            )


GIVEN = ("Ada", "Bo", "Zoe", "Ivan", "Leila", "Ming", "Soren", "Chloe")
ABROAD = ("søren", "chloé")  # one address in 200 is not plain ASCII, and takes the long way
FAMILY = ("Berg", "Ødegård", "Шилов", "Haddad", "Wang", "Dupont", "García")


def make_attributes(chance: random.Random, number: int) -> list[str]:
    """Return a row's attributes: words, a date, numbers, and text in other alphabets."""
    return [
        chance.choice(("Oslo", "Bergen", "Tromsø", "Paris")),
        chance.choice(("red", "blue")),
        chance.choice(("Dr", "Prof", "Ms")),
        f"20{number % 25:02}-0{number % 9 + 1}-11",
        f"branch {number % 50}",
        str(36 + number % 12),
        chance.choice(("Étoile", "Fjord", "Чудо")),
        f"came by letter {number}",
    ]


def run_engine(engine: str, folder: Path) -> dict[str, float]:
    """Import the file into a new database of this engine, in a process of its own."""
    own = folder / engine
    own.mkdir()
    server = None
    environment = {**os.environ, "MASTHEAD_VAR": str(own / "var"), "MASTHEAD_LOG_LEVEL": "ERROR"}
    environment.pop("DATABASE_URL", None)
    if engine == "postgresql":
        from tests.fakes.servers import start_postgres  # noqa: PLC0415 - SQLite alone needs none

        server = start_postgres(own / "cluster")
        environment["DATABASE_URL"] = server.url
    try:
        # In a process before: what making the tables takes is no part of an import.
        migrate = [sys.executable, str(ROOT / "manage.py"), "migrate", "--verbosity=0"]
        subprocess.run(migrate, env=environment, check=True)
        command = [sys.executable, __file__, "--folder", str(folder)]
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
    finally:
        if server:
            server.stop()
    return json.loads(done.stdout.splitlines()[-1])


def measure(path: Path) -> dict[str, float]:
    """Import a file into the database of the environment, and return what it took."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "mailer.settings"
    import django  # noqa: PLC0415 - the environment comes first

    django.setup()
    from django.utils import timezone  # noqa: PLC0415

    from subscribers.importing.files import read_blocks  # noqa: PLC0415
    from subscribers.importing.lifecycle import (  # noqa: PLC0415
        Wish,
        claim_import,
        keep_import,
        start_import,
    )
    from subscribers.importing.run import run_import  # noqa: PLC0415
    from subscribers.models import List  # noqa: PLC0415

    wish = Wish(group=List.objects.create(name="Readers", slug="readers"), basis="a benchmark")
    before_mib = read_peak_mib()
    start, cpu = time.perf_counter(), time.process_time()
    now = timezone.now()
    blocks = read_blocks(path)
    kept = keep_import(blocks, name=path.name, wish=wish, owner_id=None, now=now)
    start_import(kept, dry_run=False, now=now)
    claimed = claim_import(kept.pk, now=now)
    assert claimed is not None
    run_import(claimed, clock=timezone.now)
    seconds = time.perf_counter() - start
    assert claimed.counts == {"created": claimed.total, "joined": claimed.total}, claimed.counts
    return {
        "rows_a_second": round(claimed.total / seconds),
        "seconds": round(seconds, 2),
        "cpu_seconds": round(time.process_time() - cpu, 2),
        "peak_mib": read_peak_mib(),
        "peak_before_mib": before_mib,
        "reader_peak_mib": read_peak_mib(resource.RUSAGE_CHILDREN),
    }


def read_peak_mib(who: int = resource.RUSAGE_SELF) -> int:
    """Return the most memory that a process, or the largest of those it started, ever held."""
    return resource.getrusage(who).ru_maxrss // MEBIBYTE_KIB


def tell(engine: str, figures: dict[str, float]) -> None:
    say(
        f"{engine:12} {figures['rows_a_second']:>9,} rows a second"
        f" ({figures['seconds']} s), {figures['peak_mib']} MiB at most"
    )


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
