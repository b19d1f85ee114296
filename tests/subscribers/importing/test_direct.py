from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailer.errors import InvalidImport
from subscribers import consent, suppression
from subscribers.importing import tables
from subscribers.importing.delimited import open_string
from subscribers.importing.direct import import_people
from subscribers.importing.mapping import check_mapping, guess_mapping
from subscribers.importing.rows import Judge, Row
from subscribers.importing.terms import read_sample
from subscribers.models import ConsentRecord, Subscriber, Subscription, SuppressionReason
from tests.fakes.world import NOW, join

BASIS = "Members of the institute, statutes §4"


def take(text: str, group, **options):
    return import_people(
        open_string(text), **({"group": group, "basis": BASIS, "now": NOW} | options)
    )


def count(report, *names: str) -> tuple[int, ...]:
    return tuple(report.counts[name] for name in names)


def reasons(report) -> list[tuple[int | None, str]]:
    return [(problem.line, problem.what) for problem in report.refused]


def test_people_come_with_their_fields_attributes_and_evidence(group):
    report = take(
        "email,Name,language,country,time_zone,City\n"
        "ada@people.example,Ada Berg,nb,no,Europe/Oslo,Oslo\n",
        group,
    )

    person = Subscriber.objects.get()
    record = ConsentRecord.objects.get()
    assert (count(report, "created", "joined"), report.refused) == ((1, 1), [])
    assert (person.name, person.language, person.country) == ("Ada Berg", "nb", "NO")
    assert (person.time_zone, person.attributes) == ("Europe/Oslo", {"city": "Oslo"})
    assert (record.action, record.basis, record.list_slug) == ("imported", BASIS, "readers")
    assert Subscription.objects.get().state == "confirmed"


def test_control_characters_are_left_out_of_names(group):
    take("email,name\nada@people.example,Ada\x07\x9f Berg\n", group)

    assert Subscriber.objects.get().name == "Ada Berg"


@pytest.mark.parametrize("basis", ["", "  ", "x" * 201])
def test_the_ground_must_be_stated(group, basis):
    with pytest.raises(InvalidImport):
        take("email\nada@people.example\n", group, basis=basis)
    assert not Subscriber.objects.exists()


def test_people_may_be_imported_to_confirm_later(group):
    take("email\nada@people.example\n", group, confirmed=False)

    assert Subscription.objects.get().state == "unconfirmed"


def test_a_dry_run_tells_the_same_and_keeps_nothing(group):
    text = "email\nada@people.example\nnobody\n"
    dry = take(text, group, dry_run=True)

    assert not Subscriber.objects.exists()
    assert not ConsentRecord.objects.exists()
    assert take(text, group) == dry


def test_an_import_again_changes_nothing(group):
    text = "email,name,city\nada@people.example,Ada,Oslo\n"
    take(text, group)
    again = take(text, group)

    assert count(again, "created", "updated", "unchanged", "joined") == (0, 0, 1, 0)
    assert ConsentRecord.objects.count() == 1


def test_a_filled_cell_updates_and_an_empty_one_leaves(group):
    take("email,name,country,city,team\nada@people.example,Ada,NO,Oslo,red\n", group)
    report = take("email,name,country,city\nADA@people.example,Ada Berg,,Bergen\n", group)

    person = Subscriber.objects.get()
    assert count(report, "updated", "created") == (1, 0)
    assert (person.name, person.country) == ("Ada Berg", "NO")
    assert person.attributes == {"city": "Bergen", "team": "red"}


def test_nobody_is_brought_back(place, evidence):
    consent.unsubscribe(
        subscriber_id=place.subscriber_id, list_id=place.list_id, evidence=evidence, now=NOW
    )
    suppression.suppress(
        "bo@people.example", reason=SuppressionReason.COMPLAINT, origin="test", now=NOW
    )
    report = take("email\nada@people.example\nbo@people.example\n", place.list)

    assert count(report, "joined", "left_before", "suppressed") == (1, 1, 1)
    assert Subscription.objects.get(subscriber=place.subscriber).state == "unsubscribed"
    assert "bo@people.example" in suppression.find_suppressed(["bo@people.example"], now=NOW)


def test_somebody_who_waits_is_not_confirmed_by_an_import(group):
    group.double_opt_in = True
    group.save()
    join("ada@people.example", group)
    take("email\nada@people.example\n", group)

    assert Subscription.objects.get().state == "unconfirmed"


def test_the_same_person_twice_is_refused_with_both_lines(group):
    report = take(
        "email\nzoë@bücher.example\nother@people.example\nZOE\u0308@XN--BCHER-KVA.example\n", group
    )

    assert count(report, "created") == (2,)
    assert reasons(report) == [(4, "'ZOE\u0308@XN--BCHER-KVA.example' stands in line 2 too")]


def test_each_bad_row_is_refused_with_its_line_and_the_others_are_taken(group):
    report = take(
        "email,name,country,time_zone,language\n"
        "good@people.example,,,,\n"
        "nobody,,,,\n"
        "short@people.example\n"
        "nul@people.example,a\0b,,,\n"
        "\n"
        "where@people.example,,Norway,,\n"
        "when@people.example,,,Mars/Olympus,\n"
        "what@people.example,,,,<b>\n"
        f"long@people.example,{'x' * 201},,,\n"
        "last@people.example,,,,pt_BR\n",
        group,
    )

    assert count(report, "created") == (2,)
    assert [line for line, _ in reasons(report)] == [3, 4, 5, 7, 8, 9, 10]
    assert all(problem.remedy for problem in report.refused)
    assert Subscriber.objects.get(email__startswith="last").language == "pt-BR"


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", '=HYPERLINK("x")'])
def test_a_formula_is_only_a_text(group, cell):
    quoted = cell.replace('"', '""')
    take(f'email,note\nada@people.example,"{quoted}"\n', group)

    assert Subscriber.objects.get().attributes == {"note": cell.strip()}


def test_the_mark_of_a_spreadsheet_and_its_line_ends_are_read(group):
    report = take("\ufeffemail,name\r\nada@people.example,Ada\r\n", group)

    assert (count(report, "created"), report.refused) == ((1,), [])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name\nAda\n",
        "email,email\na@b.example,c@d.example\n",
        "email,1%\nada@people.example,x\n",
        "email,\nada@people.example,x\n",
        "email," + ",".join(f"c{number}" for number in range(100)) + "\n",
        'email\n"ada@people.example\n',
        "email\n" + "x" * 1_000_001 + "\n",
        "email\n" + "x" * 200_000 + "\n",
        "email\nada@people.example\n" + '"' + "x" * 200_000,
    ],
)
def test_a_file_that_is_none_is_refused_as_a_whole(group, text):
    with pytest.raises(InvalidImport):
        take(text, group)
    assert not Subscriber.objects.exists()


def test_too_many_rows_are_refused_and_none_is_kept(group, monkeypatch):
    monkeypatch.setattr(tables, "MOST_RECORDS", 2)
    with pytest.raises(InvalidImport, match="cut the file"):
        take("email\n" + "".join(f"p{number}@people.example\n" for number in range(3)), group)
    assert not Subscriber.objects.exists()


@pytest.mark.parametrize("people", [10, 900])
def test_a_chunk_takes_few_queries_whatever_its_size(group, people, django_assert_max_num_queries):
    text = "email\n" + "".join(f"p{number}@people.example\n" for number in range(people))

    with django_assert_max_num_queries(30):
        assert count(take(text, group), "created") == (people,)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text() | st.text(alphabet='",\n\r\0ea@.\ufeff=').map(lambda text: "email,x\n" + text))
def test_any_text_is_read_or_refused(text):
    try:
        table = open_string(text)
        targets = guess_mapping(table.columns, read_sample(table))
        check_mapping(table.columns, targets)
        judge = Judge(targets=targets)
        found = [judge.judge(record) for record in table.records()]
    except InvalidImport:
        found = []
    assert all(each.address.count("@") == 1 for each in found if isinstance(each, Row))
