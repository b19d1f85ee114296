"""Headers say what they were given, in lines that nobody can end early."""

from __future__ import annotations

import datetime as dt
from email.header import decode_header, make_header
from email.utils import parseaddr

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.errors import MessageError
from mailer.message.headers import format_address
from mailer.message.merge import merge
from tests.fakes.messages import VALUES, build, compile_issue, parse, render
from tests.fakes.rules import lint

EVIL = ["a\r\nBcc: all@x.example", "a\nb", "a\rb", "a\0b", "a\u2028b", "a\x1bb", "a\ud800b"]
NAMES = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Zl", "Zp")), min_size=1, max_size=200
).filter(lambda name: name == " ".join(name.split()))


@pytest.mark.parametrize("evil", EVIL)
@pytest.mark.parametrize(
    "field",
    ["from_name", "from_address", "reply_to", "list_id", "list_name", "list_help", "list_archive"],
)
def test_no_setting_can_add_a_header(field, evil):
    with pytest.raises(MessageError):
        compile_issue(**{field: evil})


@pytest.mark.parametrize("evil", EVIL)
def test_no_subject_and_no_language_can_add_a_header(evil):
    with pytest.raises(MessageError, match="subject"):
        compile_issue(render(subject=evil))
    with pytest.raises(MessageError, match="Content-Language"):
        compile_issue(render(language=evil))


@pytest.mark.parametrize("subject", ["", "  "])
def test_a_message_without_a_subject_is_refused(subject):
    with pytest.raises(MessageError, match="no subject"):
        compile_issue(render(subject=subject))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("list_id", "a b"),
        ("list_id", ""),
        ("list_id", "a>b"),
        ("list_help", "help@x.example"),
        ("list_help", "javascript:alert(1)"),
        ("list_archive", "https://x.example/a b"),
        ("list_archive", "https://x.example/>, <https://evil.example"),
        ("list_archive", "https://x.example/" + "a" * 900),
        ("from_address", "nobody"),
        ("from_address", "jörg@x.example"),
        ("reply_to", "jörg@x.example"),
        ("feedback_id", ()),
        ("feedback_id", tuple("abcde")),
        ("date", dt.datetime(2026, 3, 1, 8)),
    ],
)
def test_a_value_that_its_header_can_not_hold_is_refused(field, value):
    with pytest.raises(MessageError):
        compile_issue(**{field: value})


def test_a_field_of_feedback_id_can_not_make_two():
    message = parse(build_with(feedback_id=("a:b", "ein Ö", "x" * 99, "d")))

    assert message["Feedback-ID"] == f"a-b:ein-:{'x' * 64}:d"


def test_replies_go_where_the_publication_says():
    assert parse(build_with(reply_to="editors@harbour.example"))["Reply-To"] == (
        "editors@harbour.example"
    )


def test_a_senders_domain_is_written_in_ascii():
    raw = build_with(from_address="letter@bücher.example")

    assert parse(raw)["From"].addresses[0].addr_spec == "letter@xn--bcher-kva.example"


@pytest.mark.parametrize(
    "subject",
    [
        "Spring",
        "Printemps à l'Île " * 9,
        "=?utf-8?q?not_encoded?=",
        "x" * 240,
        "رسالة المد " * 12,
        "👩‍🚀" * 40,
    ],
)
def test_a_subject_arrives_as_it_was_written(subject):
    raw = build(render(subject=subject))

    assert str(parse(raw)["Subject"]) == subject.strip()
    assert lint(raw) == []


LONG = "A lamp relit, seed from five valleys, and the Salter Medal for a map of the tides of 2026"


def test_a_long_plain_subject_is_folded_at_its_spaces():
    raw = build(render(subject=LONG))

    head = raw.partition(b"\r\n\r\n")[0].decode()
    _, _, rest = head.partition("\r\nSubject: ")
    first, second, *_ = rest.split("\r\n")
    assert first + second == LONG
    assert (len("Subject: " + first) <= 78, len(second) <= 78) == (True, True)
    assert str(parse(raw)["Subject"]) == LONG


@pytest.mark.parametrize("subject", [f"{LONG}  two spaces", f"{'x' * 65} {LONG}", f"{LONG} =?"])
def test_a_long_subject_that_can_not_be_folded_is_encoded(subject):
    raw = build(render(subject=subject))

    assert b"\r\nSubject: =?utf-8?b?" in raw
    assert str(parse(raw)["Subject"]) == subject


@settings(deadline=None)
@given(
    st.lists(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=70))
)
def test_any_plain_subject_arrives_in_lines_of_at_most_78(words):
    subject = " ".join(["Spring", *words])

    raw = build(render(subject=subject))

    assert raw_value(raw, b"Subject") == subject or b"\r\nSubject: =?utf-8?b?" in raw
    assert str(make_header(decode_header(raw_value(raw, b"Subject")))) == subject
    # A subject may look like a template's placeholder, and then it is one's own words.
    assert [each for each in lint(raw) if "placeholder" not in each] == []
    head = raw.partition(b"\r\nSubject: ")[2].partition(b"\r\nDate: ")[0]
    assert max(map(len, b"Subject: ".join([b"", head]).split(b"\r\n"))) <= 78


@settings(deadline=None)
@given(subject=NAMES)
def test_any_subject_arrives_in_lines_of_its_own(subject):
    raw = build(render(subject=subject))

    header = parse(raw).as_bytes().partition(b"\r\n\r\n")[0]
    assert str(make_header(decode_header(raw_value(raw, b"Subject")))) == subject
    assert max(map(len, header.split(b"\r\n"))) <= 998
    assert not [finding for finding in lint(raw) if "RFC 2047" in finding]


@pytest.mark.parametrize(
    ("name", "email", "shown"),
    [
        ("", "a@b.example", "a@b.example"),
        ("  ", "a@b.example", "a@b.example"),
        ("Ada Berg", "a@b.example", "Ada Berg <a@b.example>"),
        ("Berg, Ada", "a@b.example", '"Berg, Ada" <a@b.example>'),
        ("a@c.example", "a@b.example", '"a@c.example" <a@b.example>'),
        ('Ada "Bo" \\', "a@b.example", '"Ada \\"Bo\\" \\\\" <a@b.example>'),
        ("", "a@bücher.example", "a@xn--bcher-kva.example"),
        ("", "jörg@b.example", "jörg@b.example"),
        ("", '"a,b"@c.example', '"a,b"@c.example'),
        ("", "a..b@c.example", "a..b@c.example"),
        ("", "a@[127.0.0.1]", "a@[127.0.0.1]"),
        ("Ada", "a@" + "b" * 60 + ".example", "Ada\r\n <a@" + "b" * 60 + ".example>"),
    ],
)
def test_names_are_quoted_where_they_must_be(name, email, shown):
    assert format_address(name, email) == shown


@settings(deadline=None)
@given(name=NAMES)
def test_any_name_reads_back_beside_its_address(name):
    raw = build(to=format_address(name, "a@b.example"))

    shown, address = parseaddr(raw_value(raw, b"To"))
    assert address == "a@b.example"
    assert str(make_header(decode_header(shown))) == name
    assert lint(raw, recipient="a@b.example") == []


@pytest.mark.parametrize("evil", EVIL)
def test_no_name_can_add_a_header(evil):
    with pytest.raises(MessageError, match="name"):
        format_address(evil, "a@b.example")


@pytest.mark.parametrize(
    "email",
    [
        "",
        "nobody",
        "@b.example",
        "a@",
        "a@b.example\r\nBcc: x",
        "a b@c.example",
        "a>@b.example",
        "a@b.example, c@d.example",
        "a:b@c.example;",
        "a(b)@c.example",
        '"a"b@c.example',
        ".a@b.example",
        "a@b..example",
        "a@-b.example",
        "a@é..example",
        "a\u3000b@c.example",
        "a" * 320 + "@b.example",
    ],
)
def test_an_address_that_is_none_is_refused(email):
    with pytest.raises(MessageError):
        format_address("Ada", email)


def build_with(**fields: object) -> bytes:
    return merge(compile_issue(**fields), VALUES)


def raw_value(raw: bytes, name: bytes) -> str:
    """Return a header's value as it stands in the octets, unfolded."""
    head = raw.partition(b"\r\n\r\n")[0].replace(b"\r\n ", b" ")
    (line,) = [line for line in head.split(b"\r\n") if line.startswith(name + b": ")]
    return line.partition(b": ")[2].decode()
