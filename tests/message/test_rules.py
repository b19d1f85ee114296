"""The linter of messages finds each fault that it names."""

from __future__ import annotations

import pytest

from tests.fakes.messages import UNSUBSCRIBE, build, render
from tests.fakes.rules import ONCE, lint

GOOD = build()
SENDER = "b-" + "a" * 32 + "@bounces.example.org"


def change(old: str, new: str) -> bytes:
    """Return a good message with one thing in it changed, wherever it stands."""
    assert old.encode() in GOOD
    return GOOD.replace(old.encode(), new.encode())


def test_a_good_message_has_no_findings():
    assert lint(GOOD, sender=SENDER, recipient="Ada@people.example") == []


@pytest.mark.parametrize("name", ONCE)
def test_each_header_stands_once(name):
    assert any(finding.startswith(f"{name} stands 2 times") for finding in lint(twice(name)))
    assert any(
        finding.startswith(f"{name} stands 0 times")
        for finding in lint(change(f"\r\n{name}:" if name != "From" else "From:", "\r\nX-Other:"))
    )


def twice(name: str) -> bytes:
    head = GOOD.partition(b"\r\n\r\n")[0]
    (line,) = [line for line in head.split(b"\r\n") if line.startswith(f"{name}:".encode())]
    return line.rstrip(b";,") + b"\r\n" + GOOD


@pytest.mark.parametrize("name", ["Bcc", "Received", "Return-Path", "Auto-Submitted"])
def test_a_header_of_somebody_else_is_found(name):
    (finding,) = lint(f"{name}: x\r\n".encode() + GOOD)

    assert finding.startswith(f"{name} does not belong")


def test_a_second_address_for_replies_is_found():
    (finding,) = lint(b"Reply-To: a@b.example\r\nReply-To: c@d.example\r\n" + GOOD)

    assert finding == "Reply-To stands more than once (RFC 5322 §3.6)."


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        ("Subject: Spring\r\n", "Subject: Spring\n", "does not end in CRLF"),
        ("Subject: Spring", "Subject: Spring\rBcc: x", "does not end in CRLF"),
        ("Subject: Spring", "Subject: " + "x" * 999, "more than 998"),
        ("Subject: Spring", "Subject: Frühling", "octets above 127"),
        ("Subject: Spring", "Subject: \0", "NUL"),
        ("Subject: Spring", "Subject: ", "subject is empty"),
        ("Subject: Spring", "Subject: Hi {{ name }}", "placeholder"),
        ("Subject: Spring", "Subject: a\r\nno field", "neither a field nor folded"),
        ("Subject: Spring", "Subject: a\r\n \r\n b", "neither a field nor folded"),
        ("Subject: Spring", f"Subject: =?utf-8?b?{'YWFh' * 17}?=", "word is longer than 75"),
        ("Subject: Spring", f"Subject: =?utf-8?b?{'YWFh' * 14}?=", "longer than 76"),
        ("<letter@harbour.example>\r\nSubject", "<letter>\r\nSubject", "From is not one address"),
        ("<letter@harbour.example>\r\nSubject", "<a@b.c>, <d@e.f>\r\nSubject", "From is not one"),
        ("<m-1@news.example.org>", "m-1@news.example.org", "Message-ID"),
        ("<m-1@news.example.org>", "<m-1>", "Message-ID"),
        ("Date: Sun, 01 Mar 2026 08:00:00 +0000", "Date: soon", "Date is no date"),
        ("08:00:00 +0000", "08:00:00 -0000", "Date has no zone"),
        ("MIME-Version: 1.0", "MIME-Version: 2.0", "MIME-Version"),
        ("<harbour.harbour.example>", "harbour.harbour.example", "List-Id"),
        ("<harbour.harbour.example>", "<harbour>", "List-Id"),
        ("List-Help: <mailto:", "List-Help: <", "List-Help"),
        ("List-Archive: <https://", "List-Archive: <ftp://", "List-Archive"),
        ("Feedback-ID: ", "Feedback-ID: a:", "four fields"),
        ("Precedence: bulk", "Precedence: list", "Precedence"),
        ("Content-Language: en", "Content-Language: e n", "Content-Language"),
        (f"<{UNSUBSCRIBE}>,\r\n", "", "not one web address and one mailto"),
        (f"<{UNSUBSCRIBE}>,", f"<{UNSUBSCRIBE}>, <{UNSUBSCRIBE}>,", "not one web address"),
        ("<mailto:u-1@bounces.example.org?", "<https://x.example/?", "not one web address"),
        ("<mailto:u-1@bounces.example.org?", "<mailto:u-1?", "not one web address"),
        ("=One-Click", "=one click", "List-Unsubscribe-Post"),
        ("https://news.example.org/u/", "http://news.example.org/u/", "not HTTPS"),
        (f"<{UNSUBSCRIBE}>,", "<https://x.example/>,", "plain part has no link"),
        (f"<{UNSUBSCRIBE}>,", "<https://x.example/>,", "html part has no link"),
        ("multipart/alternative", "multipart/mixed", "not multipart/alternative"),
        ("text/plain", "text/enriched", "not text and HTML"),
        ("text/html", "text/plain", "not text and HTML"),
        ("--\r\n", "\r\n", "stumbles"),
        ("charset=utf-8", "charset=latin-1", "does not say that it is UTF-8"),
        ("Encoding: quoted-printable", "Encoding: 7bit", "not quoted-printable"),
        ("<p>Hi", "<p>" + "x" * 80, "more than 76"),
        ("<p>Hi", ".<p>Hi ", "servers change"),
        ("<p>Hi", "From <p>Hi ", "servers change"),
        ("<p>Hi", "<p>Hi MHSLOT.name.TOLSHM", "placeholder"),
        ("<p>Hi", "<p>Hi {% if x %}", "placeholder"),
    ],
)
def test_a_fault_is_found(old, new, finding):
    assert any(finding in found for found in lint(change(old, new)))


def test_a_message_without_an_end_is_found():
    assert "The last line does not end (RFC 5321 §4.1.1.4)." in lint(GOOD.rstrip())


def test_an_empty_part_is_found():
    findings = lint(build(render(text="\n")))

    assert "The plain part is empty." in findings


def test_html_that_is_clipped_is_found():
    page = render().html + "<p>" + "x " * 60_000

    assert lint(build(render(html=page))) == [
        "The HTML is larger than 102 KB encoded, where Gmail clips."
    ]


def test_a_message_for_somebody_else_is_found():
    assert lint(GOOD, recipient="eve@people.example") == ["To does not name the recipient."]


@pytest.mark.parametrize("sender", ["", "letter@harbour.example", "b-short@bounces.example.org"])
def test_an_envelope_sender_that_is_not_the_deliverys_is_found(sender):
    assert lint(GOOD, sender=sender) == ["The envelope sender is not the delivery's own (VERP)."]


def test_a_loopback_host_may_go_without_tls_unless_told_otherwise():
    raw = build(unsubscribe_url="http://127.0.0.1:8000/u/abc")

    assert lint(raw) == []
    assert lint(raw, allow_http_hosts=()) == ["The one-click address is not HTTPS (RFC 8058 §3.1)."]
