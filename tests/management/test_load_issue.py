"""An issue file is kept in the publication that it names, and in no other."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from mailer.models import Edition
from tests.fakes.world import ISSUE_FILE, make_edition, make_publication


@pytest.fixture
def publication(db):
    return make_publication()


def write(folder: Path, *, name: str = "The Harbour Letter", language: str = "en") -> Path:
    text = ISSUE_FILE.format(number=8, language=language, subject="Summer")
    file = folder / "issue.md"
    file.write_text(text.replace("The Harbour Letter", name), encoding="utf-8")
    return file


def load(file: Path, *options: str) -> str:
    said = io.StringIO()
    call_command("load_issue", file, "--publication", "harbour", *options, stdout=said)
    return said.getvalue()


@pytest.mark.parametrize("name", ["The Harbour Letter", "THE HARBOUR LETTER"])
def test_a_file_of_the_publication_is_kept(publication, tmp_path, name):
    assert "Summer" in load(write(tmp_path, name=name))

    assert Edition.objects.get().issue.publication == publication


@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_file_of_another_publication_is_refused_in_one_sentence(publication, tmp_path, language):
    make_edition(publication)
    file = write(tmp_path, name="The Tidewater Letter", language=language)

    with pytest.raises(CommandError) as refusal:
        load(file)

    assert str(refusal.value) == (
        f"{file} is an issue of 'The Tidewater Letter', not of 'The Harbour Letter': name its own "
        "publication, or add --translated-name if it is called so there."
    )
    assert Edition.objects.count() == 1


def test_a_name_in_another_language_is_known_once_it_was_said(publication, tmp_path):
    file = write(tmp_path, name="رسالة الميناء", language="ar")

    load(file, "--translated-name")
    load(file)

    assert Edition.objects.get().language == "ar"
    with pytest.raises(CommandError, match="is an issue of"):
        load(write(tmp_path, name="رسالة الميناء", language="en"))


def test_an_old_text_that_breaks_a_new_rule_names_nothing(publication, tmp_path):
    make_edition(publication)
    Edition.objects.update(source="<b>no issue file</b>")

    assert "Summer" in load(write(tmp_path))
    Edition.objects.update(source="<b>no issue file</b>")
    with pytest.raises(CommandError, match="is an issue of 'Another'"):
        load(write(tmp_path, name="Another"))


def test_a_publication_that_is_not_there_is_told(db, tmp_path):
    with pytest.raises(CommandError, match="There is no publication 'harbour'"):
        load(write(tmp_path))


def test_a_bad_file_is_told_and_nothing_is_kept(publication, tmp_path):
    file = tmp_path / "issue.md"
    file.write_text("# News\n", encoding="utf-8")

    with pytest.raises(CommandError, match=r"there is no front matter.*\nNothing was stored\."):
        load(file)
