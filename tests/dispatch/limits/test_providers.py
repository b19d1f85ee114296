"""Domains of one provider are one; an unknown domain stands for itself."""

from __future__ import annotations

import re
import tomllib
from collections import Counter

import pytest

from mailer.dispatch.limits.providers import TABLE, _domains, domains, provider_keys, provider_of


@pytest.mark.parametrize(
    ("address", "provider"),
    [
        ("ada@gmail.com", "gmail"),
        ("ada@googlemail.com", "gmail"),
        ("ada@HotMail.co.uk", "microsoft"),
        ("ada@outlook.fr", "microsoft"),
        ("ada@msn.com", "microsoft"),
        ("ada@yahoo.com.br", "yahoo"),
        ("ada@aol.com", "yahoo"),
        ("ada@yahoo.co.jp", "yahoo-japan"),
        ("ada@me.com", "icloud"),
        ("ada@web.de", "gmx"),
        ("ada@pm.me", "proton"),
        ("ada@ya.ru", "yandex"),
        ("ada@yandex.com.tr", "yandex"),
        ("ada@bk.ru", "mail-ru"),
        ("ada@foxmail.com", "tencent"),
        ("ada@yeah.net", "netease"),
        ("ada@wanadoo.fr", "orange"),
        ("ada@free.fr", "free"),
        ("ada@laposte.net", "laposte"),
        ("ada@libero.it", "libero"),
        ("ada@t-online.de", "t-online"),
        ("ada@comcast.net", "comcast"),
        ("ada@sbcglobal.net", "att"),
        ("ada@zoho.com", "zoho"),
        ("ada@fastmail.fm", "fastmail"),
    ],
)
def test_it_groups_the_domains_of_a_provider(address, provider):
    assert provider_of(address) == provider


@pytest.mark.parametrize(
    ("address", "provider"),
    [
        ("ada@Harbour.Example", "harbour.example"),
        ("ada@harbour.example.", "harbour.example"),
        ("harbour.example", "harbour.example"),
        ('"a@gmail.com"@harbour.example', "harbour.example"),
        ("ada@gmail.com.harbour.example", "gmail.com.harbour.example"),
        ("", ""),
    ],
)
def test_an_unknown_domain_stands_for_itself(address, provider):
    assert provider_of(address) == provider


def test_every_domain_is_well_formed_and_stands_once():
    table = tomllib.loads(TABLE.read_text())
    counted = Counter(domain for entry in table.values() for domain in _domains(entry))

    assert [domain for domain, times in counted.items() if times > 1] == []
    assert [each for each in counted if not re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", each)] == []
    assert len(domains()) > 300


def test_a_key_is_never_taken_for_a_domain():
    assert [key for key in provider_keys() if "." in key] == []
