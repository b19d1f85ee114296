"""An entry is true and goes with its person, by whatever way; without the right, search goes on."""

from __future__ import annotations

import pytest
from django.db import connection, transaction

from mailer.management.commands.doctor import check_search
from subscribers.bulk import skip_row_checks
from subscribers.erasure import erase
from subscribers.importing import direct
from subscribers.importing.delimited import open_string
from subscribers.models import SearchEntry, Subscriber
from subscribers.searching.entering import GRACE, enter_people
from subscribers.searching.finding import match
from subscribers.searching.trigrams import has_index, make_index, prepare_search
from tests.fakes.world import NOW

ON_POSTGRESQL = connection.vendor == "postgresql"


@pytest.fixture
def person(place) -> Subscriber:
    enter_people(now=NOW)
    enter_people(now=NOW + GRACE)
    return place.subscriber


def texts() -> list[str]:
    return list(SearchEntry.objects.values_list("text", flat=True))


def kept(*lines: str) -> list[str]:
    return ["\n".join(lines)] if ON_POSTGRESQL else []


def find(search: str) -> int:
    return Subscriber.objects.filter(match(search)).count()


def test_a_new_name_and_a_new_address_are_found_at_once_and_the_old_ones_are_not(person):
    person.name, person.email_normalised = "Zoë Ågren", "zoe@new.example"
    person.save()

    assert texts() == kept("zoe@new.example", "zoë ågren")
    assert (find("oë Ågr"), find("e@new"), find("berg"), find("a@people")) == (1, 1, 0, 0)


def test_a_statement_past_django_changes_the_entry_with_triggers_off_too(person):
    with transaction.atomic(), connection.cursor() as cursor:
        assert skip_row_checks() is ON_POSTGRESQL
        cursor.execute("UPDATE subscribers_subscriber SET name = 'Eve'")
    assert texts() == kept("ada@people.example", "eve")

    with transaction.atomic(), connection.cursor() as cursor:
        skip_row_checks()
        cursor.execute("DELETE FROM subscribers_subscription")
        cursor.execute("DELETE FROM subscribers_subscriber WHERE false OR name = 'Eve'")
        if ON_POSTGRESQL:
            assert texts() == []
        transaction.set_rollback(True)


def test_of_an_erased_person_no_entry_is_left(person):
    erase(person, method="test", now=NOW)

    assert texts() == []
    assert find("berg") == 0


def test_what_else_changes_of_a_person_leaves_the_entry_alone(person):
    Subscriber.objects.update(country="NO", name="Ada Berg")

    assert texts() == kept("ada@people.example", "ada berg")


def test_it_can_be_made_anew_over_itself(person):
    prepare_search()
    prepare_search()

    assert has_index() is ON_POSTGRESQL
    assert check_search()[1].startswith("parts of names" if ON_POSTGRESQL else "reads everybody")


def test_without_the_right_to_the_extension_people_are_read_and_the_doctor_tells(place):
    if not ON_POSTGRESQL:
        return  # there is no extension
    with connection.cursor() as cursor:
        cursor.execute("DROP EXTENSION pg_trgm CASCADE")
        cursor.execute("CREATE ROLE guest")
        cursor.execute("GRANT ALL ON ALL TABLES IN SCHEMA public TO guest")
        cursor.execute("GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO guest")
        cursor.execute("SET LOCAL ROLE guest")

    assert not make_index()
    assert not has_index()
    enter_people(now=NOW)
    assert texts() == []
    assert find("da be") == 1
    assert "CREATE EXTENSION pg_trgm" in check_search()[1]

    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
    prepare_search()
    enter_people(now=NOW)
    assert has_index()
    assert texts() == kept("ada@people.example", "ada berg")


def test_an_import_changes_the_entry_of_whom_it_knows(person, group):
    table = open_string("email,name\nada@people.example,Ada Moreau\nb@c.example,Bo\n")

    direct.import_people(table, group=group, basis="a test", now=NOW)

    assert texts() == kept("ada@people.example", "ada moreau")
    assert (find("moreau"), find("berg"), find("bo")) == (1, 0, 1)
