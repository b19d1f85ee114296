from __future__ import annotations

import csv
import io
import json

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from mailer.errors import InvalidExport, InvalidRule
from subscribers.exporting import people
from subscribers.exporting.cells import defuse
from subscribers.exporting.forms import export_people
from subscribers.exporting.people import Choice
from subscribers.importing.delimited import open_string
from subscribers.importing.direct import import_people
from subscribers.models import Segment, Subscriber, Subscription
from tests.fakes.world import NOW, join, make_list

EVIL = ["=1+1", "+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", " =1", '=HYPERLINK("http://x")']


@pytest.fixture
def crowd(group):
    for number in range(7):
        join(f"p{number}@people.example", group, name=f"P{number}", country="NO")
    Subscriber.objects.filter(name="P1").update(attributes={"city": "Oslo", "n": 7, "yes": True})
    Subscriber.objects.filter(name="P2").update(attributes={"name": "=1+1"}, country="SE")
    return group


def export(form: str = "csv", **choice) -> bytes:
    return b"".join(export_people(Choice(**choice), form))


def table(**choice) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(export(**choice).decode("utf-8-sig"), newline="")))


def test_everybody_is_exported_with_fields_and_attributes(crowd, monkeypatch):
    monkeypatch.setattr(people, "SLICE_ROWS", 3)
    rows = table()

    assert [row["email"] for row in rows] == [f"p{number}@people.example" for number in range(7)]
    assert (rows[1]["city"], rows[1]["n"], rows[1]["yes"]) == ("Oslo", "7", "true")
    assert rows[2]["attribute name"] == "'=1+1"


def test_a_list_a_state_and_a_segment_choose(crowd):
    other = make_list("other")
    join("p1@people.example", other)
    Subscription.objects.filter(subscriber__name="P3").update(state="unsubscribed")
    north = Segment.objects.create(
        name="North", rule={"field": "country", "operator": "equals", "value": "SE"}
    )

    assert [row["name"] for row in table(group=other)] == ["P1"]
    assert [row["name"] for row in table(group=crowd, state="unsubscribed")] == ["P3"]
    assert [row["name"] for row in table(segment=north)] == ["P2"]
    assert table(group=crowd)[3]["state"] == "unsubscribed"


@pytest.mark.parametrize("cell", EVIL)
@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_no_cell_is_a_formula(group, form, cell):
    join("ada@people.example", group, name=cell)
    Subscriber.objects.update(attributes={"note": cell})
    raw = export(form)

    if form == "csv":
        cells = [each for row in csv.reader(io.StringIO(raw.decode("utf-8-sig"))) for each in row]
    else:
        sheet = load_workbook(io.BytesIO(raw)).active
        assert all(each.data_type != "f" for row in sheet.iter_rows() for each in row)
        cells = [str(each.value or "") for row in sheet.iter_rows() for each in row]
    assert [
        each for each in cells if each.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r"))
    ] == []


@given(st.text())
def test_a_defused_text_starts_no_formula(text):
    assert not defuse(text).lstrip().startswith(("=", "+", "-", "@"))


def test_json_lines_hold_everything_as_it_is(crowd):
    found = [json.loads(line) for line in export("jsonl", group=crowd).splitlines()]

    assert found[1]["attributes"] == {"city": "Oslo", "n": 7, "yes": True}
    assert found[1]["state"] == "confirmed"


def test_an_export_can_be_imported_again(crowd):
    before = list(Subscriber.objects.values_list("email", "name", "country"))
    text = export(group=crowd).decode("utf-8-sig")
    Subscriber.objects.all().delete()

    report = import_people(open_string(text), group=crowd, basis="backup", now=NOW)

    assert report.refused == []
    assert list(Subscriber.objects.values_list("email", "name", "country")) == before


def test_what_cant_be_made_is_said_before_it_begins(crowd, monkeypatch):
    with pytest.raises(InvalidExport, match="csv"):
        export_people(Choice(), "docx")
    with pytest.raises(InvalidRule, match="name the list"):
        export_people(Choice(state="confirmed"), "csv")
    with pytest.raises(InvalidRule, match="unknown"):
        export_people(Choice(group=crowd, state="x"), "csv")
    monkeypatch.setattr("subscribers.exporting.forms.MOST_ATTRIBUTES", 1)
    with pytest.raises(InvalidExport, match="attributes"):
        export_people(Choice(), "csv")
    monkeypatch.undo()
    monkeypatch.setattr("subscribers.exporting.forms.MOST_SHEET_ROWS", 1)
    with pytest.raises(InvalidExport, match="rows"):
        export_people(Choice(), "xlsx")


def test_the_command_writes_a_whole_file_for_its_owner_alone(crowd, tmp_path):
    path = tmp_path / "people.csv"

    call_command("export_subscribers", str(path), list="readers", state="confirmed")

    assert len(path.read_text(encoding="utf-8-sig").splitlines()) == 8
    assert path.stat().st_mode & 0o077 == 0
    assert [each.name for each in tmp_path.iterdir()] == ["people.csv"]


@pytest.mark.parametrize(
    ("name", "options", "word"),
    [
        ("people.pdf", {}, "must end"),
        ("people.csv", {"list": "no"}, "no list"),
        ("people.csv", {"segment": "no"}, "no segment"),
        ("people.csv", {"state": "confirmed"}, "name the list"),
        ("nowhere/people.csv", {}, "can't be written"),
    ],
)
def test_the_command_says_what_to_mend(crowd, tmp_path, name, options, word):
    with pytest.raises(CommandError, match=word):
        call_command("export_subscribers", str(tmp_path / name), **options)
    assert list(tmp_path.iterdir()) == []
