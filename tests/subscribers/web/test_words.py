from __future__ import annotations

from django.conf import settings

from subscribers.models import LeavingReason
from subscribers.web.words import LANGUAGES, LEAVING_REASONS, find_language, word_consent


def test_the_pages_speak_every_language_of_the_settings():
    assert {each.code for each in LANGUAGES.values()} == {code for code, _ in settings.LANGUAGES}
    assert {each.tag for each in LANGUAGES.values()} == {"en", "fr", "es", "ru", "ar", "zh-Hans"}
    assert [each.tag for each in LANGUAGES.values() if each.direction == "rtl"] == ["ar"]


def test_the_first_language_that_is_known_is_chosen():
    assert find_language("", "tlh", "FR-ca", "es").code == "fr"
    assert find_language("zh-Hant").code == "zh-hans"
    assert find_language().code == "en"


def test_every_reason_has_words():
    assert set(LEAVING_REASONS) == set(LeavingReason)


def test_what_is_agreed_to_names_who_keeps_the_address():
    text = word_consent(LANGUAGES["fr"], publication="La Lettre", publisher="Institut")

    assert "Institut" in text
    assert "La Lettre" in text
    assert text.startswith("J\u2019accepte")
