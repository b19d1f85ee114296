from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from subscribers.importing.columns import judge_together
from subscribers.importing.mapping import read_target
from subscribers.importing.rows import Judge, Row
from subscribers.importing.standing import Standing

KINDS = ("email", "name", "given_name", "family_name", "language", "country", "time_zone")
TARGETS = (
    *KINDS,
    "standing",
    "attribute:city",
    "attribute:note:text",
    "attribute:seen:guessed_text",
    "attribute:count:guessed_number",
    "attribute:age:number",
    "attribute:born:date",
    "attribute:on:flag",
    "skip",
)
ADDRESSES = (
    "ada@people.example", " ADA@People.Example ", "bo@x.localhost", "zoë@bücher.example",
    "\u212aim@people.example", "a..b@people.example", "o'hara@people.example", "@", "",
    "ada@people.example\0", f"{'a' * 64}@people.example", "a@b--c.example", "+47@people.example",
)  # fmt: skip
CELLS = (
    "", " ", "Ada", "Ada  Berg", "O'Hara", "'=1+1", "'' '", "x\0", "x\ny", "a\tb", "\\N", '"',
    "\ud800", "\u2028", "x" * 201, "x" * 10_001, "en", "pt_BR", "no", "NO", "Europe/oslo", "42",
    "007", "1.5", "1,5", "yes", "2026-03-14", "unsubscribed", "cleaned", "pending", "owner",
    "Opted Out", "désabonné",
)  # fmt: skip
A_CELL = st.sampled_from(CELLS) | st.text(max_size=12)
AN_ADDRESS = st.sampled_from(ADDRESSES) | st.emails() | st.text(max_size=12)


@st.composite
def tables(draw):
    """A mapping with one address, and records that have its width, or not."""
    others = draw(st.lists(st.sampled_from(TARGETS[1:]), unique=True, max_size=8))
    mapping = draw(st.permutations(["email", *others]))
    cells = [AN_ADDRESS if kind == "email" else A_CELL for kind in mapping]
    regular = st.tuples(*cells).map(list)
    short = st.lists(A_CELL, max_size=3)
    records = draw(st.lists(regular | regular | regular | short, max_size=6))
    return tuple(read_target(kind) for kind in mapping), [*enumerate(records, start=2)]


@given(tables(), st.sampled_from(Standing))
def test_the_verdicts_are_those_that_each_record_gets_alone(table, standing):
    targets, records = table
    judge = Judge(targets=targets, standing=standing)
    alone = [judge.judge(record) for record in records]

    rows, refused = judge_together(judge, records)

    assert rows == [each for each in alone if isinstance(each, Row)]
    assert refused == [each for each in alone if not isinstance(each, Row)]


@given(st.lists(st.sampled_from(CELLS), min_size=1))
def test_attributes_in_json_are_read_as_they_are_alone(cells):
    judge = Judge(targets=(read_target("email"), read_target("attributes")))
    records = [(line, ["ada@people.example", cell]) for line, cell in enumerate(cells)]
    alone = [judge.judge(record) for record in records]

    rows, refused = judge_together(judge, records)

    assert [*rows, *refused] == sorted(alone, key=lambda each: isinstance(each, Row), reverse=True)
