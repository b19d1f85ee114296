"""Merging puts any value where it belongs, and nothing anywhere else."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.errors import MessageError
from mailer.message.headers import format_address
from mailer.message.merge import merge
from mailer.types import SlotName, slot
from tests.fakes.messages import (
    LINK,
    NAME,
    UNSUBSCRIBE,
    VALUES,
    build,
    compile_issue,
    decode,
    render,
)
from tests.fakes.rules import lint

ANYTHING = st.text(st.characters(codec="utf-8"), max_size=300)
# Literal text as a file has it: its line ends are one kind, and it has no NUL.
LITERAL = st.text(st.characters(codec="utf-8", exclude_characters="\r\0"), max_size=120)
EVIL = [
    "a\r\nBcc: all@x.example",
    "a\nb",
    "a\rb",
    "a\0b",
    "a\u2028b",
    "a\u2029b",
    "a\x0bb",
    "a\x85b",
]


def test_both_parts_hold_the_readers_values():
    raw = build()

    assert decode(raw, "plain") == f"Hi Ada\r\n\r\n{UNSUBSCRIBE}\r\n"
    assert (
        decode(raw, "html") == f"<p>Hi Ada</p><a href='{UNSUBSCRIBE.replace('&', '&amp;')}'>x</a>"
    )


@settings(deadline=None)
@given(value=ANYTHING, before=LITERAL, after=LITERAL)
def test_any_value_arrives_in_any_place_and_breaks_no_line(value, before, after):
    content = f"{before}{NAME}{after}{NAME}{NAME}\n{LINK}\n"

    raw = build(render(text=content, html=content), name=value)

    for kind, shown in (("plain", value), ("html", html.escape(value))):
        unix = [part.replace("\n", "\r\n") for part in (before, after)]
        expected = f"{unix[0]}{shown}{unix[1]}{shown}{shown}\r\n"
        assert decode(raw, kind).startswith(expected)
    lines = raw.partition(b"\r\n\r\n")[2].split(b"\r\n")
    assert max(map(len, lines)) <= 76
    assert not any(line.startswith((b".", b"From ")) for line in lines)
    assert raw.count(b"\r") == raw.count(b"\n") == raw.count(b"\r\n")


@pytest.mark.parametrize(
    "value",
    [
        ".",
        "..\r\n.\r\nRSET",
        "\n.\nRSET",
        "a\r\n" + "x" * 100,
        "\u2028x",
        "x" * 5_000,
        "." * 5_000,
        "👩‍🚀" * 99,
        "From me",
        "\u200fعربي\u202e",
        "--=_boundary",
        "\0" * 80,
        "",
    ],
)
def test_no_value_can_end_the_message(value):
    raw = build(name=value)

    assert b"\r\n.\r\n" not in raw
    assert lint(raw) == []
    assert f"Hi {value}\r\n" in decode(raw, "plain")


def test_html_in_a_value_is_inert():
    raw = build(render(html=f'<p title="{NAME}">{LINK}</p>'), name="\"'><script>alert(1)</script>")

    assert '<p title="&quot;&#x27;&gt;&lt;script&gt;alert(1)' in decode(raw, "html")


@pytest.mark.parametrize("evil", EVIL)
@pytest.mark.parametrize("name", ["to", "message_id", "unsubscribe_mailto", "unsubscribe_url"])
def test_no_value_can_add_a_header(name, evil):
    with pytest.raises(MessageError, match="would break its header"):
        build(**{name: evil})


@pytest.mark.parametrize("evil", ["a\r\n \r\n b", "a\r\n", "a\r\n ", "\r\n\r\n a", "a\ud800"])
def test_a_fold_that_hides_the_end_of_the_header_is_refused(evil):
    with pytest.raises(MessageError, match="would break its header"):
        build(to=evil)


def test_a_value_may_be_folded():
    raw = build(to="=?utf-8?b?QWRh?=\r\n <ada@people.example>")

    assert lint(raw, recipient="ada@people.example") == []


@pytest.mark.parametrize("value", ["x" * 901, "é" * 451])
def test_a_value_too_long_for_a_line_of_a_header_is_refused(value):
    with pytest.raises(MessageError, match="too long for a line of a header"):
        build(to=value)


@pytest.mark.parametrize("name", ["to", "message_id", "name", "unsubscribe_url"])
def test_a_missing_value_is_named(name):
    values = {key: value for key, value in VALUES.items() if key != name}

    with pytest.raises(MessageError, match=f"no value for '{name}'"):
        merge(compile_issue(), values)


def test_a_value_that_no_slot_asks_for_does_no_harm():
    assert build(colour="red") == build()


@pytest.mark.parametrize("name", list(SlotName))
def test_every_slot_can_be_filled_in_both_parts(name):
    content = f"{slot(name)} {LINK}"

    raw = build(render(text=content, html=content))

    assert not re.search(rb"MHSLOT|TOLSHM", raw)
    assert decode(raw, "plain").startswith(VALUES[name])


@settings(deadline=None)
@given(
    name=st.text(max_size=60) | st.sampled_from([*EVIL, "\ud800", "x" * 5_000, "\u202e\u200fعربي"])
)
def test_any_name_arrives_unharmed_or_is_refused_with_the_reason(name):
    if re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]", name):
        with pytest.raises(MessageError, match="line break or control character"):
            format_address(name, "ada@people.example")
        return

    raw = build(to=format_address(name, "ada@people.example"), name=name)

    assert lint(raw, recipient="ada@people.example") == []
    assert decode(raw, "plain").startswith(f"Hi {name}\r\n")
