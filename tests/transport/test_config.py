"""A server's address says where it is and how to talk to it, or is refused with a remedy."""

from __future__ import annotations

import pytest

from mailer.errors import InvalidSetting
from mailer.transport.smtp.config import Security, SmtpConfig


@pytest.mark.parametrize(
    ("url", "host", "port", "security"),
    [
        ("smtp://mail.example", "mail.example", 587, Security.STARTTLS),
        ("smtp://mail.example:25?tls=none", "mail.example", 25, Security.NONE),
        ("smtp://mail.example?tls=none", "mail.example", 25, Security.NONE),
        ("smtps://mail.example", "mail.example", 465, Security.IMPLICIT),
        ("smtp://mail.example/?tls=required", "mail.example", 587, Security.STARTTLS),
        ("smtp://[::1]:2525?tls=none", "::1", 2525, Security.NONE),
    ],
)
def test_an_address_says_how_to_talk(url, host, port, security):
    config = SmtpConfig.from_url(url)

    assert (config.host, config.port, config.security) == (host, port, security)


def test_a_password_may_have_any_character_and_is_not_shown():
    config = SmtpConfig.from_url("smtp://ada%40x:p%2Fss@mail.example")

    assert (config.username, config.password) == ("ada@x", "p/ss")
    assert "p/ss" not in repr(config)


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_the_name_to_greet_with_can_be_given(scheme):
    config = SmtpConfig.from_url(f"{scheme}://mail.example?name=news.example.org")

    assert config.local_hostname == "news.example.org"


def test_a_password_may_go_in_the_clear_to_this_machine_only():
    assert SmtpConfig.from_url("smtp://ada:x@127.0.0.1?tls=none").username == "ada"
    with pytest.raises(InvalidSetting, match="password would travel in the clear"):
        SmtpConfig.from_url("smtp://ada:x@mail.example?tls=none")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://x",
        "smtp://",
        "smtp://x:port",
        "smtp://x:0",
        "smtp://x:70000",
        "smtp://x?tls=maybe",
        "smtp://x?tls",
        "smtp://x?tls=none&tls=required",
        "smtps://x?tls=none",
        "smtp://x?colour=red",
        "smtp://x?name=a%0d%0ab",
        "smtp://x/inbox",
        "smtp://x#y",
        "smtp://ada@x",
        "smtp://:secret@x",
        "smtp://a%00b:secret@x",
        "smtp://[::1",
    ],
)
def test_another_address_is_refused_with_the_remedy(url):
    with pytest.raises(InvalidSetting, match="smtp://user:password@"):
        SmtpConfig.from_url(url)


def test_a_refusal_never_shows_the_password():
    with pytest.raises(InvalidSetting) as caught:
        SmtpConfig.from_url("smtp://ada:geheim@mail.example:port")

    assert "geheim" not in str(caught.value)


def test_connections_are_bounded_by_options():
    config = SmtpConfig.from_url("smtp://mail.example?connections=100&messages=50&age=2m")

    assert (config.connections, config.messages_per_connection) == (100, 50)
    assert config.connection_seconds == 120


def test_connections_have_bounds_without_options():
    config = SmtpConfig.from_url("smtp://mail.example")

    assert (config.connections, config.messages_per_connection) == (10, 500)
    assert config.connection_seconds == 300


@pytest.mark.parametrize(
    "option",
    ["connections=0", "connections=many", "messages=-1", "messages=", "age=5", "age=0s", "age=1d"],
)
def test_a_bound_that_is_none_is_refused(option):
    with pytest.raises(InvalidSetting, match="which is no"):
        SmtpConfig.from_url(f"smtp://mail.example?{option}")
