"""Keys that can sign are made and read; all others are refused with the reason."""

from __future__ import annotations

import re

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from mailer.errors import InvalidSigningKey
from mailer.message.signing_keys import (
    Algorithm,
    algorithm_of,
    clean_name,
    make_key,
    read_key,
    split_record,
    write_record,
)
from tests.fakes.dkim import ED25519, RSA


def to_pem(key: object) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@pytest.mark.parametrize("algorithm", list(Algorithm))
def test_a_key_is_read_as_it_was_made(algorithm):
    pem = make_key(algorithm)

    key = read_key(pem)

    assert algorithm_of(key) is algorithm
    assert to_pem(key) == pem
    assert make_key(algorithm) != pem


def test_an_rsa_key_is_no_shorter_than_receivers_want():
    assert RSA.key.key_size == 2048


def test_a_short_rsa_key_is_refused():
    with pytest.raises(InvalidSigningKey, match="1024 bits is too short"):
        read_key(to_pem(rsa.generate_private_key(65_537, 1024)))


def test_a_key_of_another_kind_is_refused():
    with pytest.raises(InvalidSigningKey, match="RSA and Ed25519 keys only"):
        read_key(to_pem(ec.generate_private_key(ec.SECP256R1())))


@pytest.mark.parametrize("pem", ["", "key", "-----BEGIN PRIVATE KEY-----\n\n", "\0é"])
def test_what_is_no_key_is_refused(pem):
    with pytest.raises(InvalidSigningKey, match="no private key"):
        read_key(pem)


def test_a_record_holds_the_public_key_alone():
    assert re.fullmatch(r"v=DKIM1; k=rsa; p=[A-Za-z0-9+/]{390,}={0,2}", write_record(RSA.key))
    assert re.fullmatch(r"v=DKIM1; k=ed25519; p=[A-Za-z0-9+/]{43}=", write_record(ED25519.key))


def test_a_record_is_split_for_zone_files():
    record = write_record(RSA.key)

    strings = re.findall(r'"([^"]*)"', split_record(record))

    assert [len(each) for each in strings] == [255, len(record) - 255]
    assert "".join(strings) == record


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("News.Example.ORG.", "news.example.org"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("rsa-20260301", "rsa-20260301"),
        ("_a.b", "_a.b"),
    ],
)
def test_a_name_is_written_as_the_dns_has_it(name, clean):
    assert clean_name("domain", name) == clean


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "a..b",
        "-a",
        "a b",
        "a;b=c",
        "a\r\nb",
        "x" * 64,
        "a." * 127 + "aa",
        "ü" * 64,
        "\u2028",
    ],
)
def test_what_is_no_name_is_refused(name):
    with pytest.raises(InvalidSigningKey, match="is no domain"):
        clean_name("domain", name)
