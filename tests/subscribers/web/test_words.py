from __future__ import annotations

import dataclasses
import string

import pytest
from django.conf import settings

from subscribers.web.words import FOLDER, WORDS, Words, find_words


def slots(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("words", WORDS.values(), ids=lambda words: words.code)
def test_every_sentence_is_there_and_takes_what_the_english_one_takes(words: Words):
    for field in dataclasses.fields(Words):
        text = getattr(words, field.name)
        assert text.strip()
        assert slots(text) == slots(getattr(WORDS["en"], field.name))


def test_the_pages_speak_every_language_of_the_settings():
    assert {path.stem for path in FOLDER.glob("*.toml")} == {code for code, _ in settings.LANGUAGES}
    assert {words.direction for words in WORDS.values()} == {"ltr", "rtl"}


def test_each_wording_has_a_version_of_its_own():
    versions = {words.version for words in WORDS.values()}
    assert len(versions) == len(WORDS)
    assert max(map(len, versions)) <= 40  # the column of the evidence


def test_the_first_language_that_is_known_is_chosen():
    assert find_words("", "tlh", "FR-ca", "es").code == "fr"
    assert find_words().code == "en"
