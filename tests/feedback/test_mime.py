from __future__ import annotations

import pytest

from mailer.errors import UnreadableReport
from mailer.feedback import mime
from mailer.feedback.mime import cut, decode_words, read_blocks, read_fields, read_mail

MULTIPART = b"""\
Content-Type: multipart/mixed; boundary="edge"

preamble
--edge
Content-Type: text/plain

one
--edge--
--edge
after the end
"""


@pytest.mark.parametrize("newline", [b"\n", b"\r\n", b"\r"])
def test_it_reads_mail_whichever_way_its_lines_end(newline):
    mail = read_mail(MULTIPART.replace(b"\n", newline))

    assert [(part.kind, part.text()) for part in mail.parts] == [("text/plain", "one")]


def test_it_unfolds_fields_and_lowers_their_names():
    fields = read_fields(
        b"Subject: one\n two\nX-Long : \tthree\nno field\n: nameless\nb\xc3\xa9: x"
    )

    assert fields == (("subject", "one two"), ("x-long", "three"))


def test_it_gives_the_first_field_or_all_of_a_name():
    part = cut(b"To: a\nTo: b\n\nbody")

    assert (part.get("to"), part.get_all("to"), part.get("cc")) == ("a", ["a", "b"], "")


def test_a_mail_that_begins_with_an_empty_line_is_all_body():
    part = cut(b"\nSubject: no header")

    assert (part.fields, part.body) == ((), b"Subject: no header")


def test_it_leaves_a_message_inside_the_message_closed():
    inner = MULTIPART.replace(b"edge", b"inner")
    raw = MULTIPART.replace(b"text/plain\n\none", b"message/rfc822\n\n" + inner)

    [part] = read_mail(raw).parts

    assert part.kind == "message/rfc822"
    assert b"--inner" in part.body


def test_it_opens_multiparts_inside_multiparts_in_order():
    inner = MULTIPART.replace(b"edge", b"inner")
    raw = MULTIPART.replace(b"Content-Type: text/plain\n\none", inner).replace(
        b"--edge--", b"--edge\n\nlast\n--edge--", 1
    )

    assert [part.text() for part in read_mail(raw).parts] == ["one", "last"]


def test_a_mail_cut_off_in_the_middle_keeps_its_last_part():
    raw = MULTIPART.partition(b"\n--edge--")[0]

    assert [part.text() for part in read_mail(raw).parts] == ["one"]


def test_it_finds_the_delimiter_that_was_used_where_another_was_announced():
    raw = MULTIPART.replace(b'boundary="edge"', b'boundary="other"')

    assert [part.text() for part in read_mail(raw).parts] == ["one"]


@pytest.mark.parametrize("parameter", [b"", b'; boundary=""', b"; boundary=lost"])
def test_a_multipart_without_delimiters_is_text(parameter):
    raw = b"Content-Type: multipart/report" + parameter + b"\n\nplain words"

    [part] = read_mail(raw).parts

    assert (part.kind, part.text()) == ("text/plain", "plain words")


def test_a_boundary_alone_in_the_text_makes_no_parts():
    raw = b"Content-Type: multipart/mixed; boundary=edge\n\nsee x--edge in the text"

    [part] = read_mail(raw).parts

    assert part.text() == "see x--edge in the text"


@pytest.mark.parametrize(
    ("header", "body", "text"),
    [
        (b"Content-Transfer-Encoding: base64", b"Y2Fm6Q==", "caf\ufffd"),
        (b"Content-Transfer-Encoding: BASE64", b"Y2Fmw6k=", "caf\u00e9"),
        (b"Content-Transfer-Encoding: base64", b"Y", "Y"),
        (b"Content-Transfer-Encoding: quoted-printable", b"caf=C3=A9=\nteria", "caf\u00e9teria"),
        (b"Content-Type: text/plain; charset=ISO-8859-1", b"caf\xe9", "caf\u00e9"),
        (b'Content-Type: text/plain; charset="iso-2022-jp"', b"\x1b$B$M$3\x1b(B", "ねこ"),
        (b"Content-Type: text/plain; charset=UFT-8", b"caf\xc3\xa9", "caf\u00e9"),
        (b"Content-Type: text/plain; charset=punycode", b"caf-dma", "caf-dma"),
        (b"Content-Type: text/plain; charset=unicode_escape", rb"\d", r"\d"),
        (b"X: y", b"plain", "plain"),
    ],
)
def test_it_decodes_bodies_and_never_fails(header, body, text):
    assert cut(header + b"\n\n" + body).text() == text


def test_decoded_text_ends_its_lines_in_one_way():
    raw = b"Content-Transfer-Encoding: base64\n\nYQ0KYg1j"

    assert cut(raw).text() == "a\nb\nc"


def test_blocks_are_split_at_lines_that_look_empty():
    blocks = read_blocks("A: 1\n \t\nB: 2\n\n\nC: 3")

    assert [block.fields for block in blocks if block.fields] == [
        (("a", "1"),),
        (("b", "2"),),
        (("c", "3"),),
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("=?utf-8?q?caf=C3=A9?=", "caf\u00e9"),
        ("plain", "plain"),
        ("=?utf-8?b?x?=", "=?utf-8?b?x?="),
        ("=?utf-8?q?=FF?=", "=?utf-8?q?=FF?="),
        ("=?no-such-charset?q?x?=", "=?no-such-charset?q?x?="),
    ],
)
def test_encoded_words_are_undone_where_that_works(value, text):
    assert decode_words(value) == text


def nest(depth: int) -> bytes:
    heads = (
        f"Content-Type: multipart/mixed; boundary=b{level}\n\n--b{level}\n".encode()
        for level in range(depth)
    )
    return b"".join(heads)


def test_a_thousand_nested_parts_are_refused():
    with pytest.raises(UnreadableReport, match="more parts"):
        read_mail(nest(1_000))


def test_fifty_nested_parts_are_read():
    mail = read_mail(nest(50) + b"\ndeep")

    assert [part.text() for part in mail.parts] == ["deep"]


def test_two_hundred_thousand_empty_parts_are_refused():
    raw = b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n" * 200_000

    with pytest.raises(UnreadableReport, match="more parts"):
        read_mail(raw)


def test_a_line_of_24_megabytes_is_refused():
    with pytest.raises(UnreadableReport, match="1 MB"):
        read_mail(b"x" * 24_000_000)


def test_a_header_of_very_many_fields_is_read_in_part():
    fields = read_fields(b"A: b\n" * 100_000)

    assert len(fields) == mime.MOST_FIELDS


def test_a_very_long_value_is_cut():
    [(_, value)] = read_fields(b"A: " + b"x" * 500_000)

    assert len(value) < mime.LONGEST_VALUE
