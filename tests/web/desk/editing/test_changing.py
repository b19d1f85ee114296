"""Changes of a draft's content: moved, added, deleted, put back, and never over another's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.web.desk.editing.changing import (
    ChangeRefusedError,
    PartChangedError,
    PartGoneError,
    add_again,
    add_part,
    delete_part,
    move_part,
    put_back,
    step_part,
    write_part,
)
from mailer.web.desk.editing.parts import HEAD, MOST_PARTS
from tests.web.desk.editing.pieces import make_draft, make_parts, tell

STEPS = [
    # A text goes over headings, but never before the first section.
    ("S A t t", "t3", True, "S0 A1 t3 t2"),
    ("S t A t", "t3", True, "S0 t1 t3 A2"),
    ("S t A", "t1", True, None),
    ("S t A t", "t1", False, "S0 A2 t1 t3"),
    ("S t", "t1", False, None),
    # An article goes with its texts, over an article or into the next section.
    ("S A t A t", "A3", True, "S0 A3 t4 A1 t2"),
    ("S A t A t", "A1", False, "S0 A3 t4 A1 t2"),
    ("S A t", "A1", True, None),
    ("S A t S t A", "A1", False, "S0 S3 t4 A1 t2 A5"),
    ("S S A t", "A2", True, "S0 A2 t3 S1"),
    # A section goes with all that is in it.
    ("S A S t", "S2", True, "S2 t3 S0 A1"),
    ("S A S t", "S0", False, "S2 t3 S0 A1"),
    ("S A", "S0", True, None),
    ("S A", "S0", False, None),
]


@pytest.mark.parametrize(("before", "name", "up", "after"), STEPS)
def test_a_part_moves_by_a_step_among_its_like(before, name, up, after):
    content = make_draft(*before.split())
    order = tell(content)

    moved = step_part(content, name, up=up)

    assert (moved, tell(content)) == (after is not None, after or order)


DROPS = [
    ("S A t A t", "t4", "t2", "S0 A1 t4 t2 A3"),
    ("S A t A t", "t2", "", "S0 A1 A3 t4 t2"),
    # What is dropped into the middle of an article cuts nothing in two.
    ("S A t t A t S", "A4", "t3", None),
    ("S A t S A t", "A4", "t2", "S0 A1 t2 A4 t5 S3"),
    ("S A S t", "S2", "A1", None),
    ("S A S t S", "S4", "A1", "S0 A1 S4 S2 t3"),
    ("S t A", "t1", "S0", None),
    ("S A t", "A1", "t2", None),
]


@pytest.mark.parametrize(("before", "name", "to", "after"), DROPS)
def test_a_part_is_dropped_where_it_may_stand(before, name, to, after):
    content = make_draft(*before.split())
    order = tell(content)

    move_part(content, name, before=to)

    assert tell(content) == (after or order)


@given(
    names=st.lists(st.sampled_from("SAt"), max_size=9),
    moves=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 10)), max_size=6),
)
def test_whatever_is_moved_nothing_is_lost_and_a_section_comes_first(names, moves):
    content = make_draft("S", *names)
    every = sorted(part["id"] for part in content["parts"])

    for place, to in moves:
        parts = content["parts"]
        name = parts[place % len(parts)]["id"]
        step_part(content, name, up=bool(to % 2))
        move_part(content, name, before=parts[to]["id"] if to < len(parts) else "")

    assert sorted(part["id"] for part in content["parts"]) == every
    assert content["parts"][0]["kind"] == "section"


@pytest.mark.parametrize(
    ("kind", "after", "place"),
    [("prose", "t2", 3), ("article", "A1", 4), ("section", "A1", 6), ("prose", HEAD, 1),
     ("section", HEAD, 0), ("prose", "nothing", 7), ("article", HEAD, 1)],
)  # fmt: skip
def test_a_part_is_added_below_another(kind, after, place):
    content = make_draft("S", "A", "t", "t", "A", "t", "S")

    made = add_part(content, kind, after=after, rev=2)

    assert content["parts"][place] is made


def test_what_is_added_to_nothing_gets_a_section():
    content = make_draft()

    add_part(content, "prose", after=HEAD, rev=2)

    assert [part["kind"] for part in content["parts"]] == ["section", "prose"]


def test_an_issue_has_no_end_of_parts():
    content = make_draft()
    content["parts"] = make_parts("S", *["t"] * (MOST_PARTS - 1))

    with pytest.raises(ChangeRefusedError, match="at most"):
        add_part(content, "prose", after="S0", rev=2)


def test_what_is_deleted_is_put_back_where_it_was():
    content = make_draft("S", "A", "t", "A", "t")

    gone = delete_part(content, "A1", seen=1)
    after = tell(content)
    put_back(content, "A1", rev=3)

    assert [part["id"] for part in gone] == ["A1", "t2"]
    assert after == "S0 A3 t4"
    assert tell(content) == "S0 A1 t2 A3 t4"
    with pytest.raises(ChangeRefusedError, match="there again already"):
        put_back(content, "A1", rev=4)


def test_it_is_put_back_at_the_end_when_what_followed_it_is_gone():
    content = make_draft("S", "t", "t")
    delete_part(content, "t1", seen=1)
    delete_part(content, "t2", seen=1)

    put_back(content, "t1", rev=3)

    assert tell(content) == "S0 t1"


def test_a_part_that_another_has_changed_is_neither_written_over_nor_deleted():
    content = make_draft("S", "t")
    write_part(content, "t1", {"markdown": "theirs"}, seen=1, rev=2)

    with pytest.raises(PartChangedError) as refused:
        write_part(content, "t1", {"markdown": "mine"}, seen=1, rev=3)
    with pytest.raises(PartChangedError):
        delete_part(content, "t1", seen=1)

    assert refused.value.part["values"]["markdown"] == "theirs"
    assert content["parts"][1]["values"]["markdown"] == "theirs"


def test_what_both_wrote_alike_is_no_conflict():
    content = make_draft("S", "t")
    write_part(content, "t1", {"markdown": "same"}, seen=1, rev=2)

    assert write_part(content, "t1", {"markdown": "same"}, seen=1, rev=3) is False
    assert content["parts"][1]["rev"] == 2


def test_different_parts_never_meet():
    content = make_draft("S", "t", "t")

    write_part(content, "t1", {"markdown": "one"}, seen=1, rev=2)
    write_part(content, "t2", {"markdown": "two", "nonsense": "x"}, seen=1, rev=3)
    write_part(content, HEAD, {"subject": "three"}, seen=1, rev=4)

    texts = [part["values"] for part in content["parts"][1:]]
    assert texts == [{"markdown": "one", "only": ""}, {"markdown": "two", "only": ""}]


def test_a_part_that_is_gone_says_so_and_can_be_added_again():
    content = make_draft("S", "t")
    delete_part(content, "t1", seen=1)

    for act in (write_part, delete_part, move_part):
        more = {"before": ""} if act is move_part else {"seen": 1}
        values = [{}] if act is write_part else []
        with pytest.raises(PartGoneError):
            act(content, "t1", *values, **more, **({"rev": 2} if act is write_part else {}))

    add_again(content, "prose", {"markdown": "mine"}, name="t1", rev=2)
    assert content["parts"][1]["values"]["markdown"] == "mine"
