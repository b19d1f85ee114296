"""A message compiled once and merged per reader is the message that was meant."""

from __future__ import annotations

import datetime as dt
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.errors import MessageError
from mailer.message.compile import compile_message
from mailer.message.headers import MessageHeaders, format_address
from mailer.message.merge import merge
from mailer.message.storage import dump, load
from mailer.types import Direction, Picture, RenderedIssue, SlotName, slot
from tests.fakes.rules import lint

UNSUBSCRIBE = "https://news.example.org/u/abc?x=1&y=2"
VALUES = {
    "to": "Ada <ada@people.example>",
    "message_id": "m-1@news.example.org",
    "unsubscribe_mailto": "u-1@bounces.example.org",
    SlotName.UNSUBSCRIBE_URL: UNSUBSCRIBE,
    SlotName.PREFERENCES_URL: "https://news.example.org/p/abc",
    SlotName.WEB_URL: "https://news.example.org/archive/x/1/en/",
    SlotName.NAME: "Ada",
    SlotName.EMAIL: "ada@people.example",
}
HEADERS = MessageHeaders(
    from_name="Harbour Institute",
    from_address="letter@harbour.example",
    list_id="harbour.harbour.example",
    list_name="The Harbour Letter",
    list_archive="https://news.example.org/archive/harbour/",
    list_help="mailto:letter@harbour.example",
    feedback_id=("mailing-1", "harbour", "bulletin", "harbour.example"),
    date=dt.datetime(2026, 3, 1, 8, tzinfo=dt.UTC),
)
LINK = slot(SlotName.UNSUBSCRIBE_URL)
NAME = slot(SlotName.NAME)


def rendered(html: str = f"<p>Hi {NAME}</p><a href='{LINK}'>x</a>", text: str = "", **more: object):
    fields = {
        "subject": "Spring",
        "preheader": "",
        "language": "en",
        "direction": Direction.LTR,
        "mjml": "",
        "html": html,
        "text": text or f"Hi {NAME}\n\n{LINK}\n",
    }
    return RenderedIssue(**(fields | more))


def parse(raw: bytes) -> EmailMessage:
    message = message_from_bytes(raw, policy=policy.SMTP)
    assert isinstance(message, EmailMessage)
    return message


def build(issue: RenderedIssue, headers: MessageHeaders = HEADERS, **values: str) -> bytes:
    return merge(compile_message(issue, headers=headers), VALUES | values)


def body(raw: bytes, kind: str) -> str:
    part = parse(raw).get_body((kind,))
    assert part is not None
    return part.get_content().replace("\r\n", "\n")


def test_a_message_keeps_every_rule():
    assert lint(build(rendered()), recipient="ada@people.example") == []


def test_both_parts_hold_the_readers_values():
    raw = build(rendered())

    assert body(raw, "plain").rstrip() == f"Hi Ada\n\n{UNSUBSCRIBE}"
    assert "Hi Ada" in body(raw, "html")
    assert UNSUBSCRIBE.replace("&", "&amp;") in body(raw, "html")


@settings(max_examples=150, deadline=None)
@given(
    value=st.text(st.characters(codec="utf-8"), max_size=300),
    before=st.text(st.characters(codec="utf-8", exclude_characters="\r\0"), max_size=90),
)
def test_any_value_arrives_as_it_was_and_breaks_no_line(value, before):
    text = f"{before}|{NAME}|end\n{LINK}"

    raw = build(rendered(text=text), name=value)

    content = parse(raw).get_body(("plain",)).get_payload(decode=True).decode()
    assert f"|{value}|end" in content
    assert content.replace("\r\n", "\n").startswith(before)
    assert all(len(line) <= 76 for line in raw.partition(b"\r\n\r\n")[2].split(b"\r\n"))
    assert not any(line.startswith(b".") for line in raw.split(b"\r\n"))


@pytest.mark.parametrize(
    "value", [".", "..\r\n.\r\nRSET", "\u2028x", "x" * 5_000, "👩‍🚀", "From me"]
)
def test_no_value_can_end_the_message(value):
    raw = build(rendered(), name=value)

    assert b"\r\n.\r\n" not in raw
    assert not any(line.startswith((b".", b"From ")) for line in raw.split(b"\r\n")[3:])


def test_html_in_a_value_is_inert():
    raw = build(rendered(), name="<script>alert('1')</script>")

    assert "<script>" not in body(raw, "html")
    assert "&lt;script&gt;" in body(raw, "html")


@pytest.mark.parametrize("evil", ["a\r\nBcc: all@x.example", "a\nb", "a\0b", "a\u2028b", "a\x0bb"])
@pytest.mark.parametrize("name", ["to", "message_id", "unsubscribe_mailto"])
def test_no_value_can_add_a_header(name, evil):
    with pytest.raises(MessageError, match="would break its header"):
        build(rendered(), **{name: evil})


@pytest.mark.parametrize("evil", ["a\r\nBcc: all@x.example", "a\nb", "a\0b", "a\u2028b"])
@pytest.mark.parametrize(
    "field", ["from_name", "from_address", "reply_to", "list_id", "list_name", "list_help"]
)
def test_no_setting_can_add_a_header(field, evil):
    fields = {name: getattr(HEADERS, name) for name in MessageHeaders.__slots__}

    with pytest.raises(MessageError):
        compile_message(rendered(), headers=MessageHeaders(**(fields | {field: evil})))


def test_no_subject_can_add_a_header():
    with pytest.raises(MessageError, match="subject"):
        build(rendered(subject="Spring\r\nBcc: all@x.example"))


@pytest.mark.parametrize(
    "subject",
    ["Spring", "Printemps à l'Île" * 9, "=?utf-8?q?not_encoded?=", "x" * 240, "رسالة المد " * 12],
)
def test_a_subject_arrives_as_it_was_written(subject):
    raw = build(rendered(subject=subject))

    assert str(parse(raw)["Subject"]).split() == subject.split()
    assert all(len(line) <= 78 for line in raw.partition(b"\r\n\r\n")[0].split(b"\r\n")[:6])


def test_replies_go_where_the_publication_says():
    fields = {name: getattr(HEADERS, name) for name in MessageHeaders.__slots__}
    headers = MessageHeaders(**(fields | {"reply_to": "editors@harbour.example"}))

    assert parse(build(rendered(), headers))["Reply-To"] == "editors@harbour.example"


def test_a_fifth_field_of_feedback_id_is_refused():
    fields = {name: getattr(HEADERS, name) for name in MessageHeaders.__slots__}

    with pytest.raises(MessageError, match="Feedback-ID"):
        build(rendered(), MessageHeaders(**(fields | {"feedback_id": tuple("abcde")})))


def test_a_missing_value_is_named():
    with pytest.raises(MessageError, match="'name'"):
        merge(
            compile_message(rendered(), headers=HEADERS),
            {"to": "x", "message_id": "y"}
            | {name: value for name, value in VALUES.items() if name != SlotName.NAME},
        )


def test_a_slot_that_nobody_fills_is_refused():
    with pytest.raises(MessageError, match="has a slot 'mood'"):
        compile_message(rendered("MHSLOT.mood.TOLSHM"), headers=HEADERS)


def test_embedded_pictures_travel_inside():
    picture = Picture(name="a.png", media_type="image/png", data=b"\x89PNG" * 99, width=1, height=1)
    issue = rendered(f'<img src="cid:a.png"><a href="{LINK}">x</a>', pictures=(picture,))

    raw = merge(compile_message(issue, headers=HEADERS, embed_pictures=True), VALUES)

    (image,) = [part for part in parse(raw).walk() if part.get_content_type() == "image/png"]
    assert image.get_content() == picture.data
    assert image["Content-ID"] == "<a.png>"
    assert parse(raw).get_body(("html",)) is not None


def test_a_compiled_message_survives_the_database():
    compiled = compile_message(rendered(), headers=HEADERS)

    assert load(dump(compiled)) == compiled


@pytest.mark.parametrize("cut", [0, 1, 10, -1])
def test_a_damaged_message_is_refused(cut):
    data = dump(compile_message(rendered(), headers=HEADERS))

    with pytest.raises(MessageError, match="damaged"):
        load(data[:cut] if cut >= 0 else b"\0" + data)


def test_a_message_of_another_version_is_refused(monkeypatch):
    data = dump(compile_message(rendered(), headers=HEADERS))
    monkeypatch.setattr("mailer.message.storage.VERSION", 2)

    with pytest.raises(MessageError, match="damaged"):
        load(data)


@pytest.mark.parametrize(
    ("name", "email", "shown"),
    [
        ("", "a@b.example", "a@b.example"),
        ("Ada Berg", "a@b.example", "Ada Berg <a@b.example>"),
        ("Berg, Ada", "a@b.example", '"Berg, Ada" <a@b.example>'),
        ('Ada "Bo" \\', "a@b.example", '"Ada \\"Bo\\" \\\\" <a@b.example>'),
    ],
)
def test_names_are_quoted_where_they_must_be(name, email, shown):
    assert format_address(name, email) == shown


@pytest.mark.parametrize(
    "name", ["Inès Belhadj", "ليلى حداد", "名" * 60, "=?utf-8?q?x?=", "x" * 150]
)
def test_other_names_are_encoded_words_that_read_back(name):
    raw = build(rendered(), to=format_address(name, "a@b.example"))

    header = message_from_bytes(raw)["To"]
    assert str(make_header(decode_header(header))).split() == f"{name} <a@b.example>".split()
    assert lint(raw) == []


@pytest.mark.parametrize("email", ["a@b.example\r\nBcc: x", "a b@c.example", "a>@b.example"])
def test_an_address_that_is_none_is_refused(email):
    with pytest.raises(MessageError):
        format_address("Ada", email)
