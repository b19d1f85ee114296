"""What we sign verifies, for any reader, and no longer once anything in it is changed."""

from __future__ import annotations

import re
from base64 import b64decode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.errors import MessageError
from mailer.message.compile import compile_message
from mailer.message.dkim import SIGNED_HEADERS, Signer, merge_signed, prepare_signing
from mailer.message.headers import format_address
from mailer.message.merge import merge
from mailer.types import CompiledMessage, Picture
from tests.fakes.dkim import DOMAIN, ED25519, RSA, SIGNED_AT, verify
from tests.fakes.messages import HEADERS, LINK, NAME, VALUES, compile_issue, render
from tests.fakes.rules import lint

ANYTHING = st.text(st.characters(codec="utf-8"), max_size=80)
SPACED = st.text(st.sampled_from(" \t\r\n.=a\0"), max_size=40)
# What a name may hold in a header: format_address refuses the rest.
PRINTABLE = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=100
)
LITERAL = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=60)
COMPILED = compile_issue()
SIGNABLE = prepare_signing(COMPILED)
PICTURE = Picture(
    name="a" * 64 + ".png", media_type="image/png", data=b".\r\n \t" * 99, width=1, height=1
)


def sign(*signers: Signer, signable=SIGNABLE, **values: str) -> bytes:
    chosen = signers or (RSA,)
    return merge_signed(signable, VALUES | values, chosen, signed_at=SIGNED_AT)


GOOD = sign()


@pytest.mark.parametrize("signers", [(RSA,), (ED25519,), (RSA, ED25519), (ED25519, RSA)])
def test_each_signature_verifies_whatever_stands_beside_it(signers):
    raw = sign(*signers)

    assert raw.count(b"DKIM-Signature:") == len(signers)
    assert all(verify(raw, index) for index in range(len(signers)))


def test_without_keys_the_message_is_as_it_was():
    assert merge_signed(SIGNABLE, VALUES, (), signed_at=SIGNED_AT) == merge(COMPILED, VALUES)


def test_below_the_signatures_the_message_is_as_it_was():
    assert sign(RSA, ED25519).endswith(b"\r\n" + merge(COMPILED, VALUES))


@settings(deadline=None, max_examples=60)
@given(value=ANYTHING | SPACED, before=LITERAL | SPACED, after=LITERAL | SPACED)
def test_any_value_beside_any_content_verifies(value, before, after):
    content = f"{before}{NAME}{after}{NAME}{NAME} \t\n\n{LINK}\n \n\n"
    signable = prepare_signing(compile_issue(render(text=content, html=content)))

    assert verify(sign(ED25519, signable=signable, name=value))


@settings(deadline=None, max_examples=60)
@given(name=PRINTABLE)
def test_any_name_in_the_header_verifies(name):
    assert verify(sign(ED25519, to=format_address(name, "ada@people.example")))


@pytest.mark.parametrize(
    "to",
    [" ada@people.example ", "", "   ", "Ada  B. <a@b.example>", "Ada\r\n <a@b.example>", "é@b"],
)
def test_any_white_space_in_a_header_verifies(to):
    assert verify(sign(to=to))


@pytest.mark.parametrize("signer", [RSA, ED25519])
def test_a_folded_subject_verifies_also_when_it_is_unfolded_on_the_way(signer):
    subject = "A lamp relit, seed from five valleys, and the Salter Medal for a map of the tides"

    raw = sign(signer, signable=prepare_signing(compile_issue(render(subject=subject))))

    folded = raw.partition(b"\r\nSubject: ")[2].partition(b"\r\nDate: ")[0]
    assert folded.count(b"\r\n ") == 1
    assert verify(raw)
    assert verify(raw.replace(folded, subject.encode()))


def test_embedded_pictures_are_signed_too():
    page = render(html=f'<img src="cid:{PICTURE.name}">{LINK}', pictures=(PICTURE,))
    compiled = compile_message(page, headers=HEADERS, embed_pictures=True)

    raw = sign(signable=prepare_signing(compiled))

    assert verify(raw)
    assert not verify(raw.replace(b"Lg0KIA", b"Lg0KIB", 1))


def test_white_space_may_change_on_the_way():
    raw = GOOD.replace(b"Subject: Spring", b"SUBJECT:\r\n \t Spring \t")
    raw = raw.replace(b"</a>\r\n", b"</a> \t\r\n")

    assert raw != GOOD
    assert verify(raw + b"\r\n \r\n\r\n")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"Spring", b"Sprung"),
        (b"Ada <ada@", b"Eve <eve@"),
        (b"<m-1@", b"<m-2@"),
        (b"One-Click", b"Two-Click"),
        (b"/u/abc?x=1&", b"/u/abd?x=1&"),
        (b"<p>Hi", b"<p>Ho"),
        (b"t=1772352000", b"t=1772352001"),
        (b"d=harbour.example", b"d=example"),
        (b"s=test-rsa", b"s=test-ed25519"),
        (b"h=from:subject:", b"h=from:"),
        (b"multipart/alternative", b"multipart/mixed"),
        (b"mailing-1:", b"mailing-2:"),
    ],
)
def test_a_change_is_found(old, new):
    assert old in GOOD
    assert not verify(GOOD.replace(old, new, 1))


def test_a_longer_body_is_found():
    assert not verify(GOOD + b"<p>Buy this</p>\r\n")


@settings(deadline=None, max_examples=60)
@given(place=st.integers(GOOD.index(b"\r\n\r\n"), len(GOOD) - 1))
def test_one_wrong_letter_of_the_body_is_found(place):
    changed = bytearray(GOOD)
    changed[place] = ord("~") if changed[place] != ord("~") else ord("^")

    assert not verify(bytes(changed))


@pytest.mark.parametrize("name", [name.decode() for name in SIGNED_HEADERS])
def test_no_header_can_be_added_above_or_below(name):
    added = f"{name}: forged\r\n".encode()

    assert not verify(added + GOOD)
    assert not verify(GOOD.replace(b"\r\n\r\n", b"\r\n" + added + b"\r\n", 1))


def test_a_key_of_somebody_else_does_not_verify():
    other = Signer(domain=DOMAIN, selector=RSA.selector, key=ED25519.key)

    assert not verify(sign(other), signers=(RSA,))


def test_the_field_says_what_it_must_and_nothing_more():
    head = re.sub(rb"\r\n\s", b" ", GOOD.partition(b"\r\nFrom:")[0]).decode()

    tags = dict(tag.strip().split("=", 1) for tag in head.partition(":")[2].split(";"))
    assert list(tags) == ["v", "a", "c", "d", "s", "t", "h", "bh", "b"]
    assert (tags["a"], tags["c"], tags["t"]) == ("rsa-sha256", "relaxed/relaxed", str(SIGNED_AT))
    names = tags["h"].replace(" ", "").split(":")
    assert names.count("from") == names.count("list-unsubscribe") == names.count("to") == 2
    assert names.count("cc") == names.count("reply-to") == names.count("sender") == 1
    assert len(b64decode(tags["bh"])) == 32


def test_a_header_that_occurs_twice_is_signed_from_the_last_to_the_first():
    compiled = CompiledMessage(
        literals=(b"From: a@b.c\r\nCc: one\r\nCc: two\r\n\r\nx\r\n",), slots=()
    )

    raw = merge_signed(prepare_signing(compiled), {}, (RSA,), signed_at=SIGNED_AT)

    assert verify(raw)
    assert not verify(raw.replace(b"Cc: one\r\nCc: two", b"Cc: two\r\nCc: one"))


@settings(deadline=None)
@given(
    value=ANYTHING | st.just(".") | st.just(".\r\n.\r\n"), signer=st.sampled_from([RSA, ED25519])
)
def test_no_line_begins_with_a_dot_so_what_travels_is_what_was_signed(value, signer):
    raw = sign(signer, name=value)

    assert not any(line.startswith(b".") for line in raw.split(b"\r\n"))


def test_a_signed_message_keeps_every_rule_of_bulk_mail():
    raw = sign(RSA, ED25519)

    assert lint(raw, recipient="ada@people.example") == []
    assert max(map(len, raw.split(b"\r\n"))) <= 78


def test_a_message_without_a_body_can_not_be_signed():
    with pytest.raises(MessageError, match="no empty line"):
        prepare_signing(CompiledMessage(literals=(b"From: a@b.c\r\n",), slots=()))
