from __future__ import annotations

import os
import signal
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from mailer.errors import ImportInterrupted, InvalidImport
from subscribers.importing import ahead, chunks, run
from subscribers.importing.ahead import Order, read_ahead
from subscribers.importing.chunks import read_chunks
from subscribers.importing.lifecycle import (
    LEASE,
    Wish,
    cancel_import,
    claim_import,
    keep_import,
    start_import,
)
from subscribers.importing.mapping import read_target
from subscribers.importing.opening import open_table
from subscribers.importing.rows import Judge
from subscribers.importing.standing import Standing
from subscribers.models import Import, Subscriber
from tests.fakes.world import NOW

MAPPING = ["email", "name", "attribute:city:text", "standing"]
TEXT = (
    "email,name,city,status\n"
    "ada@people.example,Ada,Oslo,\n"
    'info@people.example,"Zoë ""Z""","Tr\nomsø",unsubscribed\n'
    "nobody,x,y,\n"
    "zoë@bücher.example,王,\\N,cleaned\n"
    "ADA@people.example,again,,\n"
    "bo@people.example,,,pending\n"
)


def order(path: Path, **changes) -> Order:
    asked = {"path": str(path), "encoding": "", "delimiter": "", "mapping": MAPPING}
    return Order(**(asked | {"standing": "active", "size": 2, "skip": 0} | changes))


MANY = "p{0}@people.example,王 {0},Tromsø and a long way from there,\n"


def stop_for_moments(process: int, over: threading.Event) -> None:
    while not over.wait(0.002):
        os.kill(process, signal.SIGSTOP)
        os.kill(process, signal.SIGCONT)


def children() -> set[int]:
    found = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return {int(each) for each in found}


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "people.csv"
    path.write_text(TEXT, encoding="utf-8")
    return path


@pytest.mark.parametrize("skip", [0, 2, 3])
def test_another_process_reads_as_this_one_would(file, skip):
    judge = Judge(targets=tuple(read_target(each) for each in MAPPING), standing=Standing.WAITING)
    here = list(read_chunks(open_table(file), judge, size=2, skip=skip))

    with read_ahead(order(file, skip=skip, standing="waiting")) as found:
        there = [replace(chunk, rows=[*chunk.rows]) for chunk in found]

    assert there == here
    assert there[-1].rows[-1].standing is Standing.WAITING


def test_what_turns_out_to_be_unreadable_is_told_as_ever(file):
    with file.open("a") as lines:
        lines.write('"' + "x" * 200_000)
    with read_ahead(order(file)) as found:
        assert next(found).records == 2
        with pytest.raises(InvalidImport, match="Line"):
            list(found)


def test_a_process_that_is_killed_is_noticed(file, monkeypatch):
    monkeypatch.setattr(ahead, "COMMAND", ("sh", "-c", "cat >/dev/null; kill -9 $$"))

    with read_ahead(order(file)) as found, pytest.raises(ChildProcessError):
        list(found)


def test_the_process_ends_with_its_reader(file):
    before = children()
    with read_ahead(order(file)) as found:
        next(found)
        (child,) = children() - before

    with pytest.raises(ProcessLookupError):
        os.kill(child, signal.SIGCONT)


def test_a_process_that_is_stopped_for_moments_tells_everything(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONUNBUFFERED", "1")  # as images have it: writes may fall short then
    path, rows = tmp_path / "many.csv", 20_000
    path.write_text("email,name,city,status\n" + "".join(MANY.format(n) for n in range(rows)))
    before, over = children(), threading.Event()

    with read_ahead(order(path, size=5_000)) as found:
        (child,) = children() - before
        thread = threading.Thread(target=stop_for_moments, args=(child, over), daemon=True)
        thread.start()
        people = [row.name for chunk in found for row in chunk.rows]
        over.set()
        thread.join()

    assert sorted(people) == sorted(f"王 {number}" for number in range(rows))


@pytest.fixture
def started(group, monkeypatch):
    """A claimed import that is read by another process, in chunks of three."""
    monkeypatch.setattr(chunks, "CHUNK_RECORDS", 3)
    monkeypatch.setattr(run, "READ_AHEAD_FROM", 0)
    people = "".join(f"p{number}@people.example,P{number}\n" for number in range(10))
    text = f"email,name\n{people}nobody,x\n"
    wish = Wish(group=group, basis="members")
    kept = keep_import([text.encode()], name="p.csv", wish=wish, owner_id=None, now=NOW)
    start_import(kept, dry_run=False, now=NOW)
    return claim_import(kept.pk, now=NOW)


def test_an_import_that_is_cancelled_goes_on_behind_its_last_chunk(started):
    def cancel(kept: Import) -> None:
        cancel_import(Import.objects.get(pk=kept.pk), now=NOW)

    with pytest.raises(ImportInterrupted):
        run.run_import(started, clock=lambda: NOW, tell=cancel)
    assert Subscriber.objects.count() == 3

    started.refresh_from_db()
    start_import(started, dry_run=False, now=NOW)
    again = claim_import(started.pk, now=NOW + LEASE)
    run.run_import(again, clock=lambda: NOW)

    assert (again.state, again.cursor, Subscriber.objects.count()) == ("done", 11, 10)
    assert again.counts == {"created": 10, "joined": 10, "refused": 1}
