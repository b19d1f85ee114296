"""Each script has typefaces that its readers have."""

from __future__ import annotations

import pytest

from mailer.rendering.typography import BY_SCRIPT, EUROPEAN, find_typography


@pytest.mark.parametrize(
    ("language", "script"),
    [("ar", "Arab"), ("ur", "Arab"), ("he", "Hebr"), ("zh-TW", "Hant"), ("ko", "Kore")],
)
def test_a_script_has_its_own_typefaces(language, script):
    assert find_typography(language) is BY_SCRIPT[script]


@pytest.mark.parametrize("language", ["en", "ru", "el", "vi", "zz"])
def test_european_scripts_share_a_pair(language):
    assert find_typography(language) is EUROPEAN


@pytest.mark.parametrize("pair", [EUROPEAN, *BY_SCRIPT.values()])
def test_every_stack_ends_in_a_generic_family(pair):
    assert pair.heading.endswith(", serif")
    assert pair.text.endswith(", sans-serif")


def test_italics_are_for_scripts_that_know_them():
    assert EUROPEAN.slanted
    assert not any(pair.slanted for pair in BY_SCRIPT.values())
