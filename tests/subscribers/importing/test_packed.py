from __future__ import annotations

import pickle

from hypothesis import given
from hypothesis import strategies as st

from subscribers.importing.packed import pack
from subscribers.importing.rows import Row
from subscribers.importing.standing import Standing

# Whatever a cell of a file can hold: neither NUL nor half a character comes so far.
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
rows = st.builds(
    Row,
    line=st.integers(1, 5_000_000),
    **dict.fromkeys(("email", "address", "name", "language", "country"), texts),
    time_zone=texts,
    attributes=texts.map(lambda text: f'{{"note": "{text}"}}'),
    standing=st.sampled_from(Standing),
)


@given(people=st.lists(rows, max_size=20))
def test_what_was_packed_comes_out_as_it_was(people):
    packed = pickle.loads(pickle.dumps(pack(people)))  # as it travels

    assert [*packed] == people
    assert len(packed) == len(people)
    assert [*packed.read_addresses()] == [row.address for row in people]


@given(people=st.lists(rows, min_size=1, max_size=5))
def test_it_tells_whether_all_stand_alike(people):
    alike = [row._replace(standing=Standing.LEFT) for row in people]
    others = [*alike, people[0]._replace(standing=Standing.ACTIVE)]

    assert pack(alike).are_all(Standing.LEFT)
    assert not pack(others).are_all(Standing.LEFT)
