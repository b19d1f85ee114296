from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from subscribers.importing import seen
from subscribers.importing.seen import Seen


@given(st.lists(st.lists(st.integers(0, 60).map(str))))
def test_each_address_after_its_first_line_is_told_with_that_line(chunks):
    kept, firsts, line = Seen(), {}, 0
    for chunk in chunks:
        entries, expected = [], {}
        for address in chunk:
            line += 1
            entries.append((address, line))
            if firsts.setdefault(address, line) != line:
                expected[line] = firsts[address]
        assert kept.add(entries) == expected


def test_it_grows_and_forgets_nobody(monkeypatch):
    monkeypatch.setattr(seen, "FIRST_ROOM", 4)
    entries = [(f"p{number}@people.example", number) for number in range(1, 5_000)]
    kept = Seen()

    assert kept.add(entries) == {}
    again = kept.add([(address, line + 5_000) for address, line in entries])

    assert again == {line + 5_000: line for _, line in entries}
