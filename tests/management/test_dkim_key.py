"""The command makes keys, prints their records, and says what to do next."""

from __future__ import annotations

import io
import re

import pytest
from django.core.management import CommandError, call_command

from mailer.models import DkimKey

pytestmark = pytest.mark.django_db


def run(*words: str) -> str:
    out = io.StringIO()
    call_command("dkim_key", *words, stdout=out)
    return out.getvalue()


def test_create_prints_the_record_and_the_next_step():
    shown = run("create", "News.Example.org", "--selector", "s1")

    key = DkimKey.objects.get()
    assert (key.domain, key.selector, key.algorithm) == ("news.example.org", "s1", "rsa")
    assert f"Host:  s1._domainkey.news.example.org\nType:  TXT\nValue: {key.record()}" in shown
    strings = re.findall(r'"([^"]*)"', shown)
    assert "".join(strings) == key.record()
    assert "dkim_key activate news.example.org s1" in shown
    assert "PRIVATE KEY" not in shown


def test_a_selector_names_the_algorithm_and_the_day():
    run("create", "example.org", "--algorithm", "ed25519")

    assert re.fullmatch(r"ed25519-\d{8}", DkimKey.objects.get().selector)


def test_show_prints_the_same_record_again():
    created = run("create", "example.org", "--selector", "s1", "--algorithm", "ed25519")

    assert created.startswith(run("show", "example.org", "s1"))


def test_activate_and_retire_switch_a_key_and_list_tells():
    run("create", "example.org", "--selector", "s1", "--algorithm", "ed25519")
    assert "does not sign" in run("list")

    assert "within a minute" in run("activate", "example.org", "s1")
    assert run("list").rstrip().endswith("  signs")

    assert "Leave its record published" in run("retire", "example.org", "s1")
    assert not DkimKey.objects.get().active


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("create", "example.org", "--selector", "s1"), "s1 is taken in example.org"),
        (("create", "no domain"), "is no domain"),
        (("create", "example.org", "--selector", "a b"), "is no selector"),
        (("show", "example.org", "s2"), "no key s2 of example.org: see dkim_key list"),
        (("retire", "example.com", "s1"), "no key s1 of example.com"),
    ],
)
def test_a_mistake_gets_one_sentence(words, message):
    run("create", "example.org", "--selector", "s1", "--algorithm", "ed25519")

    with pytest.raises(CommandError, match=message):
        run(*words)

    assert DkimKey.objects.count() == 1


def test_a_key_that_can_not_be_read_is_not_activated(settings):
    run("create", "example.org", "--selector", "s1", "--algorithm", "ed25519")
    settings.SECRET_KEY = "another key, of at least 32 characters"

    with pytest.raises(CommandError, match="Restore that key"):
        run("activate", "example.org", "s1")
    assert not DkimKey.objects.get().active
