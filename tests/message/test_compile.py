"""A message compiled once is the message that was meant, in the shape that readers expect."""

from __future__ import annotations

import pytest

from mailer.errors import MessageError
from mailer.message.compile import compile_message
from mailer.message.merge import merge
from mailer.providers import identity_headers
from mailer.types import Picture, SlotContext
from tests.fakes.messages import HEADERS, LINK, VALUES, build, compile_issue, parse, render
from tests.fakes.rules import lint

PICTURE = Picture(
    name="a" * 64 + ".png",
    media_type="image/png",
    data=b"\x89PNG\r\n\x1a\n.\r\n" * 99,
    width=1,
    height=1,
)


def embed(*pictures: Picture) -> bytes:
    page = render(html=f'<img src="cid:{PICTURE.name}"><a href="{LINK}">x</a>', pictures=pictures)
    return merge(compile_message(page, headers=HEADERS, embed_pictures=True), VALUES)


def test_a_message_keeps_every_rule():
    assert lint(build(), recipient="ada@people.example") == []


def test_the_same_issue_makes_the_same_bytes():
    assert compile_issue() == compile_issue()


def test_literals_and_slots_take_turns():
    compiled = compile_issue()

    assert len(compiled.literals) == len(compiled.slots) + 1
    assert [slot.context for slot in compiled.slots] == [
        *[SlotContext.HEADER] * 4,
        *[SlotContext.TEXT] * 2,
        *[SlotContext.HTML] * 2,
    ]


def test_a_slot_that_nobody_fills_is_refused():
    with pytest.raises(MessageError, match="has a slot 'mood'"):
        compile_issue(render(html="MHSLOT.mood.TOLSHM"))


@pytest.mark.parametrize(
    "mark", ["mhslot.name.tolshm", "MHSLOT.Name.TOLSHM", "MHSLOT%2Ename", "TOLSHM"]
)
@pytest.mark.parametrize("part", ["html", "text"])
def test_a_slot_that_a_stage_damaged_is_refused(mark, part):
    with pytest.raises(MessageError, match="damaged"):
        compile_issue(render(**{part: f"Hi {mark} {LINK}"}))


def test_a_subject_has_no_slots():
    with pytest.raises(MessageError, match="subject has a slot"):
        compile_issue(render(subject=f"Hi {LINK}"))


def test_content_that_looks_like_a_boundary_ends_nothing():
    boundary = parse(build()).get_boundary()

    raw = build(render(text=f"--{boundary}\n--{boundary}--\n{LINK}"))

    assert lint(raw) == []
    assert len(list(parse(raw).iter_parts())) == 2


def test_half_a_surrogate_pair_in_the_content_does_no_harm():
    assert lint(build(render(text=f"a\ud800b {LINK}"))) == []


def test_pictures_stay_outside_unless_they_are_asked_for():
    raw = build(render(pictures=(PICTURE,)))

    assert lint(raw) == []
    assert b"image/png" not in raw


def test_embedded_pictures_travel_inside():
    message = parse(embed(PICTURE))

    (related,) = [part for part in message.walk() if part.get_content_subtype() == "related"]
    assert related.get_param("type") == "text/html"
    (image,) = [part for part in message.walk() if part.get_content_type() == "image/png"]
    assert image.get_content() == PICTURE.data
    assert image["Content-ID"] == f"<{PICTURE.name}>"
    assert image.get_filename() == PICTURE.name


def test_a_message_with_embedded_pictures_keeps_every_rule():
    assert lint(embed(PICTURE)) == []


def test_an_issue_without_pictures_embeds_none():
    assert [part.get_content_type() for part in parse(embed()).iter_parts()] == [
        "text/plain",
        "text/html",
    ]


def test_each_identity_header_has_the_message_id_of_its_reader():
    wanted = identity_headers(["postmark", "ses", "resend"])

    compiled = compile_message(render(), headers=HEADERS, identity_headers=wanted)

    head = merge(compiled, VALUES).partition(b"\r\n\r\n")[0].decode()
    identity = VALUES["message_id"]
    assert f"\r\nX-PM-Metadata-masthead: {identity}\r\n" in head
    assert head.count(f'X-Metadata: {{"masthead": "{identity}"}}') == 1
