from __future__ import annotations

import csv
import datetime as dt
import io

import pytest
from django.contrib.auth.models import User

from mailer.errors import ImportInterrupted, InvalidImport
from subscribers import suppression
from subscribers.importing import chunks
from subscribers.importing.files import folder_of, refused_of
from subscribers.importing.lifecycle import (
    KEPT,
    LEASE,
    Wish,
    cancel_import,
    change_import,
    claim_import,
    discard_import,
    find_waiting,
    forget_old_files,
    keep_import,
    release_import,
    start_import,
)
from subscribers.importing.run import run_import
from subscribers.importing.store import Store
from subscribers.models import (
    ConsentRecord,
    Import,
    Notice,
    Subscriber,
    Subscription,
    SuppressionReason,
)
from subscribers.tasks import import_people, sweep_imports
from tests.fakes.world import NOW, join

PEOPLE = "email,name\n" + "".join(f"p{number}@people.example,P{number}\n" for number in range(10))


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    monkeypatch.setattr(chunks, "CHUNK_RECORDS", 3)


def keep(group, text: str | bytes = PEOPLE, *, name: str = "people.csv", **wish) -> Import:
    raw = text.encode() if isinstance(text, str) else text
    asked = Wish(**({"group": group, "basis": "members"} | wish))
    return keep_import([raw], name=name, wish=asked, owner_id=None, now=NOW)


def start(kept: Import, *, dry_run: bool = False) -> Import:
    assert start_import(kept, dry_run=dry_run, now=NOW)
    claimed = claim_import(kept.pk, now=NOW)
    assert claimed
    return claimed


def run(kept: Import, **options) -> Import:
    run_import(kept, clock=lambda: NOW, **options)
    return kept


def read_refused(kept: Import, *, dry_run: bool = False) -> list[list[str]]:
    text = refused_of(kept.pk, dry_run=dry_run).read_text(encoding="utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


class Killed(Exception):
    pass


def kill(_: Import) -> None:
    raise Killed


def test_an_import_takes_everybody_and_counts(group):
    kept = run(start(keep(group)))

    assert (kept.state, kept.cursor, kept.total, kept.percent) == ("done", 10, 10, 100)
    assert kept.counts == {"created": 10, "joined": 10}
    assert ConsentRecord.objects.filter(action="imported", basis="members").count() == 10


def test_a_killed_import_goes_on_where_it_stopped_and_writes_nothing_twice(group):
    text = PEOPLE + "nobody\np1@people.example,again\n=cmd,x\n"
    first = start(keep(group, text))
    with pytest.raises(Killed):
        run(first, tell=kill)
    assert Subscriber.objects.count() == 3

    assert claim_import(first.pk, now=NOW) is None
    later = NOW + LEASE + dt.timedelta(seconds=1)
    assert find_waiting(now=later) == [first.pk]
    second = run(claim_import(first.pk, now=later))

    assert (second.state, second.cursor, second.total) == ("done", 13, 13)
    assert second.counts == {"created": 10, "joined": 10, "refused": 3}
    assert ConsentRecord.objects.count() == 10
    assert [row[0] for row in read_refused(second)] == ["line", "12", "13", "14"]


def test_a_worker_that_lost_its_import_writes_nothing_more(group):
    stale = start(keep(group))
    claim_import(stale.pk, now=NOW + LEASE * 2)

    with pytest.raises(ImportInterrupted):
        run(stale)
    assert not Subscriber.objects.exists()
    assert not refused_of(stale.pk, dry_run=False).exists()


def test_a_cancelled_import_stops_after_its_chunk_and_can_go_on(group):
    kept = start(keep(group))
    with pytest.raises(ImportInterrupted):
        run(kept, tell=lambda each: cancel_import(Import.objects.get(pk=each.pk), now=NOW))
    kept.refresh_from_db()
    assert (kept.state, kept.cursor, Subscriber.objects.count()) == ("cancelled", 3, 3)

    again = run(start(kept))
    assert (again.state, again.counts) == ("done", {"created": 10, "joined": 10})


@pytest.mark.parametrize("confirmed", [True, False])
def test_an_import_owes_nobody_a_letter(group, confirmed):
    run(start(keep(group, confirmed=confirmed)))

    assert not Notice.objects.exists()


def test_an_import_given_back_is_taken_up_by_the_next(group):
    kept = start(keep(group))
    release_import(kept)

    assert find_waiting(now=NOW) == [kept.pk]


def test_a_dry_run_forecasts_what_then_happens_and_touches_nobody(group):
    join("p1@people.example", group, name="Old")
    kept = run(start(keep(group, PEOPLE + "nobody,x\n"), dry_run=True))

    assert kept.state == "checked"
    assert Subscriber.objects.count() == 1
    assert len(read_refused(kept, dry_run=True)) == 2
    done = run(start(kept))
    assert done.counts == done.forecast == {
        "created": 9, "updated": 1, "joined": 9, "refused": 1,
    }  # fmt: skip


def test_what_is_known_stays_where_that_is_asked(group):
    join("p1@people.example", group, name="Old")
    kept = run(start(keep(group, existing="keep")))

    assert kept.counts == {"created": 9, "joined": 9, "unchanged": 1}
    assert Subscriber.objects.get(email="p1@people.example").name == "Old"


def test_a_file_broken_at_its_end_is_refused_before_anybody_is_taken(group):
    many = "".join(f"q{number}@people.example,\n" for number in range(300))
    kept = run(start(keep(group, PEOPLE + many + '"' + "x" * 200_000)))

    assert kept.state == "failed"
    assert "Line" in kept.problem
    assert not Subscriber.objects.exists()


def test_two_starts_are_one(group):
    kept = keep(group)

    assert start_import(kept, dry_run=False, now=NOW)
    assert not start_import(kept, dry_run=False, now=NOW)


def test_somebody_who_joins_meanwhile_is_met_by_trying_again(group, monkeypatch):
    find, times = Store._find, []

    def find_late(store, addresses):
        found = find(store, addresses)
        if not times:
            times.append(1)
            return {}  # as if they had joined right after we looked
        return found

    join("p1@people.example", group, name="P1")
    monkeypatch.setattr(Store, "_find", find_late)
    kept = run(start(keep(group)))

    assert kept.counts == {"created": 9, "joined": 9, "unchanged": 1}


def test_the_files_name_leads_nowhere_and_nothing_is_written_under_it(group, tmp_path):
    kept = keep(group, name="..\\..\\../../etc/pass\0wd\n.csv")

    assert kept.file_name == "passwd.csv"
    assert sorted(each.name for each in folder_of(kept.pk).iterdir()) == ["upload"]
    assert folder_of(kept.pk).stat().st_mode & 0o077 == 0


def test_a_file_that_cant_be_read_leaves_nothing(group):
    with pytest.raises(InvalidImport):
        keep(group, b"%PDF-1.4")
    assert not Import.objects.exists()


def test_the_ground_must_be_stated(group):
    with pytest.raises(InvalidImport, match="ground"):
        keep(group, basis=" ")


def test_the_mapping_is_changed_before_and_never_during_a_run(group):
    kept = keep(group)
    change_import(kept, encoding="", delimiter="", targets=["email", "attribute:nick:text"])
    run(start(kept))
    assert Subscriber.objects.first().attributes == {"nick": "P0"}

    change_import(kept, encoding="", delimiter="", targets=["email", "skip"])
    assert kept.mapping == ["email", "attribute:nick:text"]
    with pytest.raises(InvalidImport, match="columns"):
        change_import(kept, encoding="", delimiter="", targets=["email"])


def test_refused_rows_are_kept_defused(group):
    kept = run(start(keep(group, 'email,note\n"=HYPERLINK(""x"")",@SUM(A1)\n')))

    assert read_refused(kept)[1][2:] == ['\'=HYPERLINK("x")', "'@SUM(A1)"]


def test_who_left_or_was_blocked_elsewhere_is_not_written_to(group):
    join("here@people.example", group)
    text = (
        "uuid,email,name,attributes,status,created_at,updated_at\n"
        '1,on@people.example,On,"{""city"": ""Oslo"", ""age"": 7}",enabled,2020,2021\n'
        "2,here@people.example,Here,{},disabled,2020,2021\n"
        "3,bad@people.example,Bad,{},blocklisted,2020,2021\n"
    )
    kept = run(start(keep(group, text)))

    states = dict(Subscription.objects.values_list("subscriber__email", "state"))
    assert states == {
        "on@people.example": "confirmed",
        "here@people.example": "unsubscribed",
        "bad@people.example": "unsubscribed",
    }
    assert Subscriber.objects.get(email="on@people.example").attributes == {
        "city": "Oslo",
        "age": 7,
    }
    assert "bad@people.example" in suppression.find_suppressed(["bad@people.example"], now=NOW)
    assert kept.counts["withdrawn"] == 2


def test_suppressed_role_and_disposable_addresses_are_counted(group):
    suppression.suppress(
        "p1@people.example", reason=SuppressionReason.COMPLAINT, origin="test", now=NOW
    )
    text = PEOPLE + "info@people.example,\nx@mailinator.com,\n"
    kept = run(start(keep(group, text)))

    counted = {name: kept.counts[name] for name in ("suppressed", "role", "disposable")}
    assert counted == {"suppressed": 1, "role": 1, "disposable": 1}


def test_a_user_sees_their_own_imports_and_a_superuser_all(group):
    kept = keep(group)
    own, other = User.objects.create_user("own"), User.objects.create_user("other")
    Import.objects.update(owner=own)

    assert list(Import.objects.of(own)) == [kept]
    assert not Import.objects.of(other)
    assert list(Import.objects.of(User.objects.create_superuser("chief"))) == [kept]


def test_files_are_forgotten_and_imports_discarded_with_them(group):
    kept = keep(group)
    forget_old_files(now=NOW + KEPT + dt.timedelta(days=1))
    assert not folder_of(kept.pk).exists()
    with pytest.raises(InvalidImport, match="upload it again"):
        start_import(kept, dry_run=False, now=NOW)

    assert discard_import(kept)
    assert not discard_import(kept)


def test_the_task_runs_once_however_often_it_is_called(group):
    kept = keep(group)
    start_import(kept, dry_run=False, now=NOW)

    import_people(import_id=kept.pk)
    import_people(import_id=kept.pk)

    kept.refresh_from_db()
    assert (kept.state, Subscriber.objects.count()) == ("done", 10)


def test_the_sweep_calls_for_what_waits(group, monkeypatch):
    kept = keep(group)
    start_import(kept, dry_run=False, now=NOW)
    called = []
    monkeypatch.setattr("subscribers.tasks.wake_importer", called.append)

    sweep_imports()

    assert called == [kept.pk]
