"""Asking a real name server: what there is, what there is not, and who does not answer."""

from __future__ import annotations

import dns.resolver
import pytest

from mailer.domains import lookup
from mailer.domains.lookup import make_look, reverse
from mailer.errors import LookupFailed
from tests.fakes.nameserver import SILENT, serve_zone

LONG = "v=DKIM1; p=" + "A" * 400
ZONE = {
    ("long.example", "TXT"): [f'"{LONG[:200]}" "{LONG[200:]}"', '"other"'],
    ("long.example", "MX"): ["10 mx.long.example."],
    ("quiet.example", "TXT"): [SILENT],
}


@pytest.fixture
def look(monkeypatch):
    monkeypatch.setattr(lookup, "SECONDS", 0.3)
    with serve_zone(ZONE) as port:
        yield make_look(["127.0.0.1"], port=port)


def test_a_texts_strings_are_one(look):
    assert sorted(look("long.example", "TXT")) == ["other", LONG]


def test_other_records_are_as_a_zone_file_writes_them(look):
    assert list(look("long.example", "MX")) == ["10 mx.long.example."]


@pytest.mark.parametrize(("name", "kind"), [("nobody.example", "TXT"), ("long.example", "A")])
def test_what_is_not_there_is_nothing(look, name, kind):
    assert list(look(name, kind)) == []


def test_a_server_that_does_not_answer_is_told(look):
    with pytest.raises(LookupFailed, match=r"quiet\.example can't be looked up: no name server"):
        look("quiet.example", "TXT")


@pytest.mark.parametrize("name", ["a..b", "x" * 64 + ".example", "\udc80.example"])
def test_a_name_that_is_none_is_told(look, name):
    with pytest.raises(LookupFailed):
        look(name, "TXT")


def test_the_systems_own_servers_are_asked_where_none_are_named(monkeypatch):
    with serve_zone(ZONE) as port:

        def read(resolver: dns.resolver.Resolver, _path: str) -> None:
            resolver.nameservers, resolver.port = ["127.0.0.1"], port

        monkeypatch.setattr(dns.resolver.Resolver, "read_resolv_conf", read)

        assert list(make_look()("long.example", "MX")) == ["10 mx.long.example."]


@pytest.mark.parametrize(
    ("address", "name"),
    [("192.0.2.7", "7.2.0.192.in-addr.arpa."), ("2001:db8::1", "1.0.0.0")],
)
def test_an_addresss_own_name(address, name):
    assert reverse(address).startswith(name)
