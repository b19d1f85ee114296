"""Nobody becomes a reader whose row says that they are none."""

from __future__ import annotations

import json

import pytest
from django.core.management import CommandError, call_command

from mailer.errors import InvalidImport
from subscribers.importing.delimited import open_string
from subscribers.importing.direct import import_people
from subscribers.importing.mapping import guess_mapping
from subscribers.importing.standing import Standing, read_standing
from subscribers.importing.terms import SAMPLE_RECORDS
from subscribers.importing.words import DOUBTFUL, NO_READERS, STANDINGS
from subscribers.models import Import, Subscriber, Subscription
from tests.fakes.world import NOW


def take(text: str, group):
    return import_people(open_string(text), group=group, basis="members", now=NOW)


def list_column(name: str, *cells: str) -> str:
    rows = [f"p{number}@people.example,{cell}" for number, cell in enumerate(cells)]
    return "\n".join([f"email,{name}", *rows, ""])


def confirmed() -> list[str]:
    state = Subscription.objects.filter(state="confirmed")
    return sorted(state.values_list("subscriber__email", flat=True))


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("status", ["subscribed", "unsubscribed", "inactive"]),
        ("status", ["subscribed", "unsubscribed", "retired"]),
        ("state", ["subscribed", "Opted-Out", "retired"]),
        ("standing", ["active", "non-subscribed", "abuse"]),
        ("statut", ["abonné", "désabonné", "en congé"]),
        ("Estado", ["suscrita", "dada de baja", "rebotado"]),
        ("Статус", ["подписана", "отписан", "в чёрном списке"]),
        ("الحالة", ["مشترك", "غير نشط", "محظور"]),
        ("状态", ["已订阅", "已退订", "黑名单"]),
    ],
)
def test_only_who_is_called_a_reader_is_confirmed(group, name, cells):
    take(list_column(name, *cells), group)

    assert confirmed() == ["p0@people.example"]
    assert not any(person.attributes for person in Subscriber.objects.all())


def test_an_unknown_word_refuses_its_row_and_says_which_are_known(group):
    report = take(list_column("status", "subscribed", "retired", ""), group)

    (problem,) = report.refused
    assert (problem.line, "'retired' is unknown" in problem.what) == (3, True)
    assert all(word in problem.what for word in ("subscribed", "pending", "unsubscribed"))
    assert confirmed() == ["p0@people.example", "p2@people.example"]


@pytest.mark.parametrize("word", ["-", "yes", "0", "...", "активенн"])
def test_what_is_no_word_of_standing_is_none(word):
    with pytest.raises(InvalidImport, match="unknown"):
        read_standing(word)


@pytest.mark.parametrize("name", STANDINGS)
def test_each_word_says_one_thing_in_any_spelling(name):
    for word in STANDINGS[name]:
        spellings = (word, word.upper(), word.title(), word.replace(" ", "_"))
        assert {read_standing(each) for each in spellings} == {Standing(name)}, word


def test_no_word_stands_in_two_tables():
    words = [word for each in STANDINGS.values() for word in each]

    assert len({*words, *NO_READERS}) == len(words) + len(NO_READERS)
    assert set(DOUBTFUL) <= {*words, *NO_READERS}


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("contact", ["subscribed", "unsubscribed", "whatever"]),
        ("contact", ["fine", "Cleaned"]),
        ("contact", ["fine", "désabonnée"]),
        ("contact", ["fine", "hard_bounce"]),
        ("contact", ["active", "archived"]),
        ("contact", ["subscribed", "not confirmed"]),
        ("unsubscribed", ["no", "yes"]),
        ("is_unsubscribed", ["0", "1"]),
    ],
)
def test_a_column_that_seems_to_say_who_left_must_be_decided(group, name, cells):
    with pytest.raises(InvalidImport, match=f"'{name}' seems to say who has left"):
        take(list_column(name, *cells), group)

    assert not Subscriber.objects.exists()


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("hand", ["left", "right"]),
        ("order", ["cancelled", "sent"]),
        ("member", ["yes", "no"]),
        ("state", ["NY", "CA"]),
        ("estado", ["Jalisco", "Baja California"]),
    ],
)
def test_an_attribute_that_says_something_else_is_kept(group, name, cells):
    report = take(list_column(name, *cells), group)

    assert (report.counts["joined"], report.refused) == (2, [])
    assert [*Subscriber.objects.order_by("pk").values_list("attributes", flat=True)] == [
        {name: cell} for cell in cells
    ]


@pytest.mark.parametrize("early", ["fine", "7"])
def test_a_word_behind_the_sample_refuses_its_row(group, early):
    cells = [early] * SAMPLE_RECORDS

    report = take(list_column("contact", *cells, "Unsubscribed"), group)

    (problem,) = report.refused
    assert "'contact' says 'Unsubscribed': map its column as standing" in problem.what
    assert len(confirmed()) == SAMPLE_RECORDS


def test_the_exports_of_other_systems_are_read_as_ever():
    columns = ["Email Address", "MEMBER_RATING", "LEID", "EUID", "SMS"]

    targets = guess_mapping(columns, [["a@people.example", "2", "1", "2", "unsubscribed"]])

    assert str(targets[-1]) == "attribute:sms:text"


@pytest.mark.parametrize("dry_run", [True, False])
def test_the_command_asks_what_the_column_is(group, tmp_path, dry_run):
    path = tmp_path / "people.csv"
    path.write_text(list_column("contact", "fine", "unsubscribed"))

    with pytest.raises(CommandError, match="'contact' seems to say who has left"):
        call_command(
            "import_subscribers", str(path), list="readers", basis="members", dry_run=dry_run
        )

    assert (Subscriber.objects.count(), Import.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    ("target", "withdrawn"),
    [
        ("standing", 1),
        ("attribute:contact", 0),
        ("attribute:contact:text", 0),
        ("skip", 0),
    ],
)
def test_a_column_is_what_the_person_says(group, tmp_path, capsys, target, withdrawn):
    path = tmp_path / "people.csv"
    path.write_text(list_column("contact", "subscribed", "unsubscribed"))

    call_command(
        "import_subscribers", str(path), "--list=readers", "--basis=members", "--json",
        "--map", f"contact={target}",
    )  # fmt: skip

    assert json.loads(capsys.readouterr().out).get("withdrawn", 0) == withdrawn
    assert len(confirmed()) == 2 - withdrawn
