"""A stolen database does not tell passwords and keys."""

from __future__ import annotations

import pytest

from mailer.errors import UnreadableSecret
from mailer.models.secrets import seal, unseal

PURPOSE = "transport"


@pytest.mark.parametrize("secret", ["hunter2", "", "пароль \0 \u2028", "x" * 5_000])
def test_a_secret_comes_back_as_it_was(secret):
    assert unseal(seal(secret, purpose=PURPOSE), purpose=PURPOSE) == secret


def test_what_is_stored_does_not_tell_the_secret_and_never_repeats():
    first, second = seal("hunter2", purpose=PURPOSE), seal("hunter2", purpose=PURPOSE)

    assert first != second
    assert "hunter2" not in first
    assert first.isascii()


def test_under_another_secret_key_it_says_what_to_do(settings):
    sealed = seal("hunter2", purpose=PURPOSE)
    settings.SECRET_KEY = "another key, of at least 32 characters"

    with pytest.raises(UnreadableSecret, match="Restore that key, or enter the secret anew"):
        unseal(sealed, purpose=PURPOSE)


@pytest.mark.parametrize("sealed", ["", "not sealed", "é"])
def test_what_was_never_sealed_is_refused(sealed):
    with pytest.raises(UnreadableSecret):
        unseal(sealed, purpose=PURPOSE)


def test_a_changed_text_is_refused():
    sealed = seal("hunter2", purpose=PURPOSE)
    changed = sealed[:20] + ("A" if sealed[20] != "A" else "B") + sealed[21:]

    with pytest.raises(UnreadableSecret):
        unseal(changed, purpose=PURPOSE)


def test_a_secret_of_one_purpose_is_none_of_another():
    with pytest.raises(UnreadableSecret):
        unseal(seal("hunter2", purpose=PURPOSE), purpose="dkim")
