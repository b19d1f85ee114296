"""The words that readers see are there in every language, and compiled as they stand."""

from __future__ import annotations

import string
import unicodedata

import pytest
from django.conf import settings
from django.core.management import call_command

from subscribers import catalogues
from subscribers.catalogues import (
    catalogue_path,
    compile_catalogue,
    gather_messages,
    read_catalogue,
    renew_catalogue,
    version_of,
)

CODES = [code for code, _ in settings.LANGUAGES]
# What is written with letters of the language's own script.
SCRIPTS = {"ru": "CYRILLIC", "ar": "ARABIC", "zh-hans": "CJK"}
SAME = {", "}


def slots(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)


def test_the_sources_have_messages_of_pages_letters_and_forms():
    places = {place for found in gather_messages().values() for place in found}

    assert {
        "templates/public/subscribe.html",
        "templates/public/preferences.html",
        "subscribers/letters.py",
        "subscribers/web/words.py",
    } <= places
    assert len(gather_messages()) > 100


@pytest.mark.parametrize("code", CODES)
def test_no_message_is_untranslated_and_none_is_left_over(code):
    catalogue = read_catalogue(code)
    words = {each.id: each.string for each in catalogue if each.id}

    assert set(words) == set(gather_messages())
    assert [message for message, text in words.items() if not str(text).strip()] == []
    assert not any(each.fuzzy for each in catalogue if each.id)


@pytest.mark.parametrize("code", CODES)
def test_every_translation_takes_what_the_english_sentence_takes(code):
    wrong = [
        each.id for each in read_catalogue(code) if each.id and slots(each.id) != slots(each.string)
    ]

    assert wrong == []


@pytest.mark.parametrize("code", [code for code in CODES if code != "en"])
def test_every_translation_is_in_its_own_language(code):
    for each in read_catalogue(code):
        if not each.id or each.id in SAME:
            continue
        assert each.string != each.id, each.id
        if script := SCRIPTS.get(code):
            assert any(script in unicodedata.name(char, "") for char in each.string), each.string


@pytest.mark.parametrize("code", CODES)
def test_what_is_compiled_is_what_stands_in_the_source(code):
    compiled = catalogue_path(code, "mo").read_bytes()

    assert compiled == compile_catalogue(read_catalogue(code))
    assert compiled == compile_catalogue(renew_catalogue(code))


def test_each_language_has_a_version_of_its_own():
    versions = {version_of(code) for code in CODES}

    assert len(versions) == len(CODES)
    assert max(map(len, versions)) <= 40  # the column of the evidence


def test_the_command_gathers_and_says_what_is_missing(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(catalogues, "FOLDER", tmp_path)

    call_command("update_catalogues")

    assert "fr: 11" in capsys.readouterr().out
    assert (tmp_path / "ar" / "LC_MESSAGES" / "django.mo").exists()
