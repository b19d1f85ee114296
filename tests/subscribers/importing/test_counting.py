"""A plain file's lines are its records; of any other file the records are read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.errors import InvalidImport
from subscribers.importing.counting import BLOCK_OCTETS, count_plain
from subscribers.importing.opening import open_table

LONG = "x" * (BLOCK_OCTETS // 3)
TEXTS = st.lists(
    st.sampled_from(["a", "ø", ",", "\n", "\r\n", "\n\n", ",,\n", '"', " ", LONG]), max_size=30
).map("".join)


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return tmp_path_factory.mktemp("plain") / "people.csv"


@given(text=TEXTS)
def test_a_file_that_is_counted_by_lines_has_so_many_records(file, text):
    file.write_bytes(f"email,name\n{text}".encode())
    table = open_table(file, delimiter=",")

    plain = table.count_plain()

    assert plain is None or plain == sum(1 for _ in table.records())


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_many_lines_are_counted_whether_or_not_the_last_one_ends(end, mark, file):
    rows = [f"{number}@people.example,ø{LONG[:90]}" for number in range(3_000)]
    text = mark + end.join(["email,name", *rows])

    for each in (text, text + end):
        file.write_bytes(each.encode())
        assert open_table(file).count_plain() == len(rows)


def test_a_plain_list_has_no_header(file):
    file.write_bytes(b"ada@people.example\nbo@people.example\n")
    assert open_table(file).count() == 2


@pytest.mark.parametrize(
    "text",
    [
        b'a,"b\nc"\n',
        b"a\rb\n",
        b"a\n\nb\n",
        b"a\r\n\r\nb\r\n",
        b",\n",
        b"a," + b"x" * 3 * BLOCK_OCTETS + b"\n",
        b"a,\xff\n",
    ],
)
def test_what_is_not_plain_is_left_to_who_reads_the_cells(text, file):
    file.write_bytes(b"email,name\n" + text)
    assert count_plain(file, ",", encoding="utf-8") is None


def test_another_encoding_is_left_too(file):
    file.write_bytes("email,name\na,ø\n".encode("cp1252"))

    assert count_plain(file, ",", encoding="cp1252") is None
    assert open_table(file, encoding="cp1252").count() == 1


def test_what_is_broken_further_on_is_refused_before_anything(file):
    file.write_bytes(b"email,name\na,b\n" * 9_000 + b'c,"d\n')
    with pytest.raises(InvalidImport, match="no CSV"):
        open_table(file).count()


def test_too_many_lines_are_refused(file, monkeypatch):
    file.write_bytes(b"email,name\n" + b"a,b\n" * 4)
    for module in ("delimited", "tables"):
        monkeypatch.setattr(f"subscribers.importing.{module}.MOST_RECORDS", 3)
    with pytest.raises(InvalidImport, match="more than 3 rows"):
        open_table(file).count()
