from __future__ import annotations

import json

import pytest
from django.core.management import CommandError, call_command

from subscribers.imports import ImportState
from subscribers.models import Import, Subscriber

BASIS = "members"


def write(tmp_path, content: bytes) -> str:
    path = tmp_path / "people.csv"
    path.write_bytes(content)
    return str(path)


def test_the_command_tells_what_was_done_and_what_was_refused(group, tmp_path, capsys):
    path = write(tmp_path, b"\xef\xbb\xbfemail\nada@people.example\nnobody\n")
    refused = tmp_path / "refused.csv"

    call_command("import_subscribers", path, list="readers", basis=BASIS, refused=refused)

    told = capsys.readouterr()
    assert "created 1" in told.out
    assert "refused 1" in told.out
    assert "people.csv:3: 'nobody' is no email address" in told.err
    assert "nobody" in refused.read_text()


def test_the_command_can_run_dry_and_keeps_nothing(group, tmp_path, capsys):
    path = write(tmp_path, b"email\nada@people.example\n")

    call_command("import_subscribers", path, list="readers", basis=BASIS, dry_run=True)

    assert "Would be created 1" in capsys.readouterr().out
    assert not Subscriber.objects.exists()
    assert not Import.objects.exists()


def test_columns_are_mapped_and_figures_are_json(group, tmp_path, capsys):
    path = write(tmp_path, b"who;born\nada@people.example;14.3.1984\n")

    call_command(
        "import_subscribers", path, "--list=readers", f"--basis={BASIS}", "--json",
        "--map", "who=email", "--map", "born=attribute:born:date_dmy",
    )  # fmt: skip

    assert json.loads(capsys.readouterr().out)["created"] == 1
    assert Subscriber.objects.get().attributes == {"born": "1984-03-14"}


@pytest.mark.parametrize(
    ("content", "group_slug", "word"),
    [
        (b"email\nada@people.example\n", "nowhere", "no list"),
        (b"PK\x03\x04\x00\x00", "readers", "XLSX"),
        (b"name\nAda\n", "readers", "email"),
        (b"", "readers", "empty"),
    ],
)
def test_the_command_says_what_to_mend(group, tmp_path, content, group_slug, word):
    with pytest.raises(CommandError, match=word):
        call_command("import_subscribers", write(tmp_path, content), list=group_slug, basis=BASIS)
    assert not Subscriber.objects.exists()
    assert not Import.objects.exists()


def test_the_command_says_that_a_file_is_not_there(group, tmp_path):
    with pytest.raises(CommandError, match="can't be opened"):
        call_command("import_subscribers", str(tmp_path / "no.csv"), list="readers", basis=BASIS)


def test_the_ground_and_the_list_must_be_named(db):
    with pytest.raises(CommandError, match=r"list and the basis.+ground on which"):
        call_command("import_subscribers", "people.csv")


def test_an_import_is_gone_on_with_and_ended_by_its_number(group, tmp_path, capsys):
    path = write(tmp_path, b"email\nada@people.example\n")
    call_command("import_subscribers", path, list="readers", basis=BASIS)
    number = Import.objects.get().pk
    with pytest.raises(CommandError, match="nothing to go on"):
        call_command("import_subscribers", resume=number)
    with pytest.raises(CommandError, match="nothing to end"):
        call_command("import_subscribers", cancel=number)

    Import.objects.update(state=ImportState.QUEUED, cursor=0, counts={})
    call_command("import_subscribers", resume=number)
    assert "unchanged 1" in capsys.readouterr().out
    Import.objects.update(state=ImportState.QUEUED)
    call_command("import_subscribers", cancel=number)
    assert Import.objects.get().state == "cancelled"
    with pytest.raises(CommandError, match="no import"):
        call_command("import_subscribers", resume=0)
