"""Suppressions from a file and to one: nothing is lost, nothing is lifted, nothing runs."""

from __future__ import annotations

import csv
import datetime as dt

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from subscribers.models import Suppression, SuppressionReason
from subscribers.suppression import suppress
from tests.fakes.world import NOW, make_list

pytestmark = pytest.mark.django_db


@pytest.fixture
def take(tmp_path, capsys):
    """Import a file with this text and return what was said of it."""

    def take(text: str, *options: str, name: str = "old.csv") -> str:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        call_command("suppressions", "import", str(path), *options)
        said = capsys.readouterr()
        return said.err + said.out

    return take


def kept() -> list[tuple[str, ...]]:
    rows = Suppression.objects.order_by("email_normalised", "list_id")
    return list(rows.values_list("email_normalised", "list__slug", "reason", "origin"))


def test_a_column_of_addresses_is_enough(take):
    said = take("Email\nAda@People.Example\n@spam.example\nada@people.example\n")

    assert kept() == [
        ("@spam.example", None, "manual", "import: old.csv"),
        ("ada@people.example", None, "manual", "import: old.csv"),
    ]
    assert said.endswith("2 suppressed, 1 were before, 0 refused.\n")


def test_all_that_a_file_says_is_kept(take):
    make_list("readers")

    take(
        "address;list;reason;origin;expires_at\n"
        "ada@people.example;readers;soft_bounces;delivery:17;2099-03-14\n",
        "--origin",
        "the old system",
    )

    row = Suppression.objects.get()
    assert kept() == [
        ("ada@people.example", "readers", "soft_bounces", "import: the old system: delivery:17")
    ]
    assert row.expires_at == dt.datetime(2099, 3, 14, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("nobody,,,,", "no email address"),
        ("ada@people.example,nowhere,,,", "there is no list 'nowhere'"),
        ("ada@people.example,,boredom,,", "the reason 'boredom' is none of"),
        ("ada@people.example,,erased,,", "the reason 'erased' is none of"),
        ("ada@people.example,,,,soon", "'soon' is no date"),
        ("ada@people.example,,,,2026-99-99", "'2026-99-99' is no date"),
        ("ada@people.example,,,,2020-01-01", "'2020-01-01' is past"),
    ],
)
def test_a_bad_row_is_told_with_its_line_and_holds_nothing_up(row, problem, take):
    said = take(f"address,list,reason,origin,expires_at\n{row}\nbo@people.example,,,,\n")

    assert said.startswith("line 2: ")
    assert problem in said
    assert [each[0] for each in kept()] == ["bo@people.example"]


def test_a_dry_run_changes_nothing(take):
    assert take("email\nada@people.example\n", "--dry-run").startswith("1 would be suppressed")

    assert kept() == []


def test_a_file_without_addresses_is_refused(take):
    with pytest.raises(CommandError, match="No column has addresses"):
        take("name,city\nAda,Oslo\n")


def test_what_holds_for_good_is_not_weakened_by_a_file(take):
    suppress("ada@people.example", reason=SuppressionReason.COMPLAINT, origin="delivery:1", now=NOW)

    take("address,expires_at\nada@people.example,2099-01-01\n")

    assert kept() == [("ada@people.example", None, "complaint", "delivery:1")]


def test_what_is_exported_comes_back_the_same(take, tmp_path):
    group = make_list("readers")
    soon = timezone.now() + dt.timedelta(days=30)
    for scope in ("@spam.example", "=cmd@people.example", "+a@people.example"):
        suppress(scope, reason=SuppressionReason.MANUAL, origin="=1+1", now=NOW)
    suppress(
        "bo@people.example", reason=SuppressionReason.SOFT_BOUNCES, origin="delivery:2",
        now=NOW, list_id=group.pk, expires_at=soon,
    )  # fmt: skip
    suppress(
        "gone@people.example", reason=SuppressionReason.MANUAL, origin="", now=NOW, expires_at=NOW
    )
    path = tmp_path / "out.csv"

    call_command("suppressions", "export", str(path))

    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert all(not cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)
    assert path.stat().st_mode & 0o077 == 0
    before = [(scope, slug, reason) for scope, slug, reason, _ in kept()]
    Suppression.objects.all().delete()
    take(path.read_text(), name="back.csv")
    after = [(scope, slug, reason) for scope, slug, reason, _ in kept()]
    assert after == [each for each in before if each[0] != "gone@people.example"]
    assert Suppression.objects.get(email_normalised="bo@people.example").expires_at == soon


def test_a_file_that_can_t_be_written_or_read_is_told(tmp_path):
    with pytest.raises(CommandError, match="can't be written"):
        call_command("suppressions", "export", str(tmp_path / "no" / "out.csv"))
    with pytest.raises(CommandError):
        call_command("suppressions", "import", str(tmp_path / "missing.csv"))


def test_a_file_costs_few_statements_whatever_its_length(take, django_assert_max_num_queries):
    addresses = "\n".join(f"reader{number}@people.example" for number in range(3_000))

    with django_assert_max_num_queries(40):
        said = take(f"email\n{addresses}\nreader7@people.example\n")

    assert Suppression.objects.count() == 3_000
    assert said.endswith("3000 suppressed, 1 were before, 0 refused.\n")


def test_of_two_rows_for_one_address_the_one_that_holds_longer_stays(take):
    take(
        "email,expires_at\na@b.example,2098-01-01\na@b.example,2099-01-01\na@b.example,2097-01-01\n"
    )

    assert Suppression.objects.get().expires_at == dt.datetime(2099, 1, 1, tzinfo=dt.UTC)


def test_a_list_and_all_lists_are_two_places(take):
    make_list("readers")

    said = take("email,list\na@b.example,readers\na@b.example,\n")

    assert {row[1] for row in kept()} == {None, "readers"}
    assert said.endswith("2 suppressed, 0 were before, 0 refused.\n")
