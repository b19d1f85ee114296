from __future__ import annotations

import pytest

from mailer.rendering.words_of_roles import ROLES, name_role


@pytest.mark.parametrize(
    ("language", "word"),
    [("fr", "Édition"), ("zh-Hant", "编辑"), ("AR", "المحرر"), ("nn", "Editor"), ("", "Editor")],
)
def test_a_role_is_called_as_the_language_has_it_or_as_english_does(language, word):
    assert name_role("editor", language) == word


def test_every_language_has_a_word_for_every_role():
    assert {frozenset(words) for words in ROLES.values()} == {frozenset(ROLES["en"])}
