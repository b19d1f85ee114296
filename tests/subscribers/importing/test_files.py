"""Files of every kind and of every ill will, through the one door."""

from __future__ import annotations

import datetime as dt
import io
import json
import zipfile

import pytest
from openpyxl import Workbook

from mailer.errors import InvalidImport
from subscribers.importing import objects, opening, sheet
from subscribers.importing.formats import find_standing
from subscribers.importing.mapping import change_mapping, guess_mapping, read_target
from subscribers.importing.opening import open_table
from subscribers.importing.rows import Judge, Refusal
from subscribers.importing.terms import read_sample


@pytest.fixture
def put(tmp_path):
    def write(content: bytes | str):
        path = tmp_path / "upload"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def rows_of(path, **options):
    return [list(cells) for _, cells in open_table(path, **options).records()]


def make_book(*rows) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


def rewrite(book: bytes, changes: dict[str, bytes]) -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as old, zipfile.ZipFile(kept, "w", 8) as new:
        for name in old.namelist():
            new.writestr(name, changes.get(name) or old.read(name))
        for name in changes.keys() - set(old.namelist()):
            new.writestr(name, changes[name])
    return kept.getvalue()


SHEET = "xl/worksheets/sheet1.xml"


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("utf-8", "email,name\na@b.example,Zoë\n"),
        ("utf-8-sig", "email,name\na@b.example,Zoë\n"),
        ("utf-16", "email,name\na@b.example,Zoë\n"),
        ("utf-16-le", "email,name\na@b.example,Zoë Ødegård\n"),
        ("utf-16-be", "email,name\na@b.example,Zoë Ødegård\n"),
        ("utf-32", "email,name\na@b.example,Zoë\n"),
        ("cp1252", "email,name\na@b.example,Zoë Müller\nb@b.example,Chloé Dupré\n"),
        ("cp1251", "email,name\na@b.example,Анна Шилова\nb@b.example,Пётр Кузнецов\n"),
        ("cp1256", "email,name\na@b.example,محمد عبد الله\nb@b.example,فاطمة الزهراء\n"),
        ("gb18030", "email,name\na@b.example,王小明 北京\nb@b.example,李华 上海市\n"),
    ],
)
def test_the_encoding_is_detected(put, encoding, text):
    told = rows_of(put(text.encode(encoding)))

    assert told == [line.split(",") for line in text.splitlines()[1:]]


def test_a_wrong_guess_is_corrected_by_naming_the_encoding(put):
    assert rows_of(put("email,n\na@b.example,ŠĐ\n".encode("cp1250")), encoding="cp1250") == [
        ["a@b.example", "ŠĐ"]
    ]


@pytest.mark.parametrize("name", ["nonsense", "rot13", "hex", "\0"])
def test_what_is_no_encoding_is_refused(put, name):
    with pytest.raises(InvalidImport, match="Encoding"):
        open_table(put("email\n"), encoding=name)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_detected(put, delimiter):
    line = delimiter.join(["a@b.example", '"x,y;z"', "1"])

    assert rows_of(put(f"{delimiter.join(['email', 'a', 'b'])}\n{line}\n")) == [
        ["a@b.example", "x,y;z", "1"]
    ]


def test_a_list_of_bare_addresses_needs_no_header(put):
    table = open_table(put("a@b.example\nc@d.example\n"))

    assert (table.columns, len(list(table.records()))) == (("email",), 2)


def test_a_sheet_is_read_as_text(put):
    book = make_book(
        ["email", "name", "age", "born", "when", "yes"],
        ["a@b.example", "Zoë", 41.0, dt.date(1984, 5, 6), dt.datetime(2026, 1, 2, 3, 4), True],
        ["c@d.example"],
    )

    assert rows_of(put(book)) == [
        ["a@b.example", "Zoë", "41", "1984-05-06", "2026-01-02T03:04:00", "true"],
        ["c@d.example", "", "", "", "", ""],
    ]


GOOD = make_book(["email"], ["a@b.example"])


def row_of(*cells: str) -> bytes:
    return (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        + "".join(cells)
        + "</sheetData></worksheet>"
    ).encode()


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("bomb", {SHEET: b"<a>" + b" " * 30_000_000 + b"</a>"}),
        ("bomb beside", {"xl/media/x.bin": b"\0" * 5_000_000}),
        ("slip", {"../../etc/cron.d/x": b"x"}),
        ("absolute", {"/etc/x": b"x"}),
        ("laughs", {SHEET: b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'}),
        ("entity in UTF-16", {SHEET: '<!DOCTYPE a [<!ENTITY b "c">]><a/>'.encode("utf-16")}),
        ("no XML", {SHEET: b"<a"}),
        ("deep", {SHEET: b"<a>" * 100 + b"</a>" * 100}),
        (
            "long row",
            {SHEET: row_of("<row>", *[f"<c><v>{n}</v></c>" for n in range(90_000)], "</row>")},
        ),
        ("much beside", {SHEET: row_of(*[f"<x n='{n}'/>" for n in range(100_001)])}),
        ("no sheet", {SHEET: b"<worksheet/>"}),
        ("parts", {f"x/{number}": b"" for number in range(1_001)}),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_a_workbook_made_to_harm_is_refused(put, name, changes):
    with pytest.raises(InvalidImport):
        open_table(put(rewrite(GOOD, changes)))


def test_a_cell_far_out_costs_nothing(put):
    cell = '<row r="1"><c r="A1" t="inlineStr"><is><t>email</t></is></c></row>'
    far = '<row r="2"><c r="A2"><v>1</v></c><c r="ZZZ2"><v>1</v></c></row>'

    assert rows_of(put(rewrite(GOOD, {SHEET: row_of(cell, far)}))) == [["1"]]


def test_a_workbook_of_10000_columns_is_refused(put):
    with pytest.raises(InvalidImport, match="100 columns"):
        open_table(put(make_book([f"c{number}" for number in range(10_000)])))


@pytest.mark.parametrize(
    "content",
    [
        b"PK\x03\x04\0\0", b"PK\x03\x04" + b"\xff" * 200, b"%PDF-1.7", b"\xd0\xcf\x11\xe0abc",
        b"\x1f\x8b\x08", b"", b"\xef\xbb\xbf", b"\n\n\n", b"{", b"[1, 2]",
        b'{"a": 1}x', b"[" * 100_000,
        b'{"a":1}\n{"b"', ",".join(f"c{number}" for number in range(10_000)).encode(),
    ],
    ids=range(14),
)  # fmt: skip
def test_what_is_no_list_is_refused(put, content):
    with pytest.raises(InvalidImport):
        list(open_table(put(content)).records())


def test_a_huge_file_is_refused_before_it_is_read(put, monkeypatch):
    monkeypatch.setattr(opening, "LARGEST_FILE", 4)
    with pytest.raises(InvalidImport, match="cut it"):
        open_table(put("email\n"))


def test_a_row_over_many_lines_is_bounded_too(put):
    cells = ",".join('"' + "x\n" * 50_000 + '"' for _ in range(30))
    with pytest.raises(InvalidImport, match="longer than"):
        list(open_table(put("email,b\na@b.example,\n" + cells)).records())


def test_a_line_without_end_is_refused_by_its_first_million(tmp_path):
    path = tmp_path / "upload"
    with path.open("wb") as file:
        file.write(b"email\n")
        file.truncate(1_000_000_000)  # a sparse gigabyte of NUL without a line's end
    with pytest.raises(InvalidImport):
        list(open_table(path, encoding="utf-8").records())


def test_json_is_read_as_a_list_and_as_mailmans_entries(put):
    entries = [{"email": "a@b.example", "display_name": "Ada", "role": "member", "list_id": "x"}]

    assert rows_of(put(json.dumps(entries))) == rows_of(put(json.dumps({"entries": entries})))


def test_json_lines_are_read_one_by_one(put):
    first = '{"email": "a@b.example", "attributes": {"city": "Oslo", "n": 7}}'
    text = first + '\n{"email": "b@b.example"}\n'
    table = open_table(put(text))

    assert table.columns == ("email", "city", "n")
    assert rows_of(put(text)) == [["a@b.example", "Oslo", "7"], ["b@b.example", "", ""]]


def test_json_is_bounded(put, monkeypatch):
    monkeypatch.setattr(objects, "LARGEST_DOCUMENT", 3)
    monkeypatch.setattr(objects, "LONGEST_LINE", 3)
    for text in ('[{"email": "a"}]', '{"email": "a"}\n'):
        with pytest.raises(InvalidImport):
            open_table(put(text))


MAILCHIMP = "Email Address,First Name,Last Name,MEMBER_RATING,OPTIN_TIME,TIMEZONE,CC,LEID,EUID,TAGS"


@pytest.mark.parametrize(
    ("header", "row", "kept"),
    [
        (MAILCHIMP, "a@b.example,Ada,Berg,2,2020,Europe/oslo,no,1,2,vip", ("Ada Berg", "active")),
        (MAILCHIMP + ",UNSUB_TIME", "a@b.example,Ada,,2,,,,1,2,,2021", ("Ada", "left")),
        (MAILCHIMP + ",CLEAN_TIME", "a@b.example,,,2,,,,1,2,,2021", ("", "blocked")),
        ("email,list_id,role,display_name", "a@b.example,x,member,Ada", ("Ada", "active")),
        ("Adresse e-mail;Prénom;Nom", "a@b.example;Ada;Berg", ("Ada Berg", "active")),
        ("Correo electrónico,Nombre,Apellidos", "a@b.example,Ada,Berg", ("Ada Berg", "active")),
        ("Электронная почта,Имя,Статус", "a@b.example,Ада,confirmed", ("Ада", "active")),
        ("البريد الإلكتروني,الاسم", "a@b.example,آدا", ("آدا", "active")),
        ("电子邮件,姓名,国家", "a@b.example,王明,CN", ("王明", "active")),
        ("E-Mail Address,status", "a@b.example,unsubscribed", ("", "left")),
        ("email,state", "a@b.example,NY", ("", "active")),
    ],
)
def test_columns_are_guessed(put, header, row, kept):
    table = open_table(put(f"{header}\n{row}\n"))
    targets = guess_mapping(table.columns, read_sample(table))
    judge = Judge(targets=targets, standing=find_standing(table.columns))
    person = judge.judge(next(iter(table.records())))

    assert (person.address, person.name, person.standing) == ("a@b.example", *kept)


@pytest.mark.parametrize("word", ["owner", "nonmember", "nonsense"])
def test_who_is_no_member_is_refused(put, word):
    judge = Judge(targets=(read_target("email"), read_target("standing")))

    assert isinstance(judge.judge((2, ["a@b.example", word])), Refusal)


@pytest.mark.parametrize(
    ("kind", "cell", "value"),
    [
        ("number", "1,5", 1.5), ("number", "-7", -7), ("number", "1 000", 1000),
        ("number", "x", None),
        ("flag", "Oui", True), ("flag", "нет", False), ("flag", "maybe", None),
        ("date", "2026-03-14T10:00", "2026-03-14"), ("date", "14.3.2026", None),
        ("date_dmy", "14.3.2026", "2026-03-14"), ("date_mdy", "3/14/2026", "2026-03-14"),
        ("date_mdy", "14/3/2026", None), ("date_dmy", "soon", None), ("text", "007", "007"),
    ],
)  # fmt: skip
def test_attributes_are_typed(kind, cell, value):
    judge = Judge(targets=(read_target("email"), read_target(f"attribute:it:{kind}")))
    found = judge.judge((2, ["a@b.example", cell]))

    if value is None:
        assert found.reason.startswith("it: ")
    else:
        assert json.loads(found.attributes) == {"it": value}


@pytest.mark.parametrize(
    ("cells", "types"),
    [
        (["1", "20", ""], [int, int]), (["1.5"], [float]), (["007", "1"], [str, str]),
        (["+47 1"], [str]), (["12345678901234567"], [str]), (["1.50"], [str]), (["-1"], [str]),
    ],
)  # fmt: skip
def test_a_number_is_guessed_only_beyond_doubt(put, cells, types):
    table = open_table(put("email,n\n" + "".join(f"p@b.example,{cell}\n" for cell in cells)))
    judge = Judge(targets=guess_mapping(table.columns, read_sample(table)))
    found = [json.loads(judge.judge(record).attributes) for record in table.records()]

    assert [type(each["n"]) for each in found if each] == types


@pytest.mark.parametrize(
    "text",
    [
        "nowhere",
        "attribute:",
        "attribute:1x",
        "attribute:a%b",
        "attribute:a:colour",
        "attribute:a:text:b",
    ],
)
def test_what_is_no_target_is_refused(text):
    with pytest.raises(InvalidImport):
        read_target(text)


def test_a_change_to_no_column_is_refused():
    with pytest.raises(InvalidImport, match="no column"):
        change_mapping(["email"], [read_target("email")], {"nome": "name"})


@pytest.mark.parametrize("cell", ["[]", "{", '{"a": "\\u0000"}', '{"1": 2}', '"x"', "[" * 9000])
def test_attributes_as_json_are_checked(cell):
    judge = Judge(targets=(read_target("email"), read_target("attributes")))

    assert isinstance(judge.judge((2, ["a@b.example", cell])), Refusal)


def test_attributes_as_json_keep_what_both_engines_can_hold():
    judge = Judge(targets=(read_target("email"), read_target("attributes")))
    cell = '{"a": NaN, "b": 1e400, "c": [1], "d": null, "e": true, "f": "\\ud800"}'
    kept = json.loads(judge.judge((2, ["a@b.example", cell])).attributes)

    assert kept == {"a": "nan", "b": "inf", "c": "[1]", "e": True, "f": "?"}


def test_what_our_export_guarded_comes_back(put):
    judge = Judge(targets=(read_target("email"), read_target("attribute:a:text")))

    assert json.loads(judge.judge((2, ["a@b.example", "'=1+1"])).attributes) == {"a": "=1+1"}


def test_the_limits_of_a_workbook_are_what_they_say():
    assert sheet.SMALL < sheet.LARGEST_REST < sheet.LARGEST_SHEET
