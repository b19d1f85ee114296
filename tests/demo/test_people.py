from __future__ import annotations

import pytest

from mailer.demo.behaviour import SHARES_PER_MILLE, Behaviour, find_behaviour
from mailer.demo.people import (
    COLUMNS,
    PARTNERS,
    READERS,
    SEGMENT_RULE,
    Standing,
    load_countries,
    make_people,
    on_list,
    to_plain,
    write_csv,
)
from subscribers.importing.delimited import open_string
from subscribers.importing.direct import import_people
from subscribers.models import List, Subscriber
from subscribers.segments import members
from tests.fakes.world import NOW

PEOPLE = make_people(2_000)


def test_the_same_number_makes_the_same_people():
    assert make_people(50) == make_people(50)


def test_another_seed_makes_other_people():
    assert make_people(50) != make_people(50, seed=8)


def test_people_come_from_twenty_countries():
    assert len({person.country for person in PEOPLE}) == 20


def test_every_address_is_there_once_and_in_a_reserved_domain():
    addresses = [person.email for person in PEOPLE]

    assert len(set(addresses)) == len(addresses)
    assert all(address.isascii() for address in addresses)
    assert {address.rpartition("@")[2].split(".", 1)[1] for address in addresses} == {
        "example.org",
        "example.com",
        "example.net",
    }


def test_names_are_written_in_their_scripts():
    by_country = {person.country: person.name for person in PEOPLE}

    assert not by_country["CN"].isascii()
    assert " " not in by_country["JP"]
    assert "=" not in "".join(person.name for person in PEOPLE)


@pytest.mark.parametrize(
    ("written", "plain"),
    [("Ødegård", "odegard"), ("O'Connor", "oconnor"), ("Łukasz", "lukasz"), ("Weiß", "weiss")],
)
def test_a_latin_name_becomes_plain_letters(written, plain):
    assert to_plain(written) == plain


def test_each_standing_and_both_lists_occur():
    assert {person.standing for person in PEOPLE} == set(Standing)
    assert {len(person.lists) for person in PEOPLE} == {1, 2}


def test_each_behaviour_occurs_in_a_small_demo():
    assert {find_behaviour(person.email) for person in make_people(300)} == set(Behaviour)


def test_nobody_on_both_lists_presses_unsubscribe():
    both = [person.email for person in PEOPLE if len(person.lists) == 2]

    assert Behaviour.LEAVES not in {find_behaviour(email) for email in both}


def test_a_behaviour_does_not_depend_on_the_case_of_the_address():
    assert all(
        find_behaviour(person.email.upper()) is find_behaviour(person.email) for person in PEOPLE
    )


def test_behaviours_occur_about_as_often_as_they_say():
    found = [find_behaviour(f"reader{number}@example.org") for number in range(20_000)]

    for behaviour, share in SHARES_PER_MILLE.items():
        assert found.count(behaviour) / 20 == pytest.approx(share, rel=0.3)


def test_every_country_has_names_and_zones():
    for country in load_countries().values():
        assert len(country["given"]) >= 8
        assert len(country["family"]) >= 8
        assert country["zones"]


def test_the_file_names_its_columns_and_has_a_row_a_person():
    people = list(on_list(PEOPLE, READERS, Standing.CONFIRMED))

    lines = write_csv(people).read().splitlines()

    assert lines[0] == ",".join(COLUMNS)
    assert len(lines) == len(people) + 1


@pytest.mark.django_db
def test_the_importer_takes_everybody_and_the_rule_selects_as_the_people_say():
    group = List.objects.create(name="Partners", slug=PARTNERS)
    people = make_people(200)

    table = open_string(write_csv(people).read())
    report = import_people(table, group=group, basis="test", now=NOW)

    assert (report.counts["created"], report.refused) == (200, [])
    assert Subscriber.objects.exclude(time_zone="").count() == 200
    selected = set(members(SEGMENT_RULE).values_list("email", flat=True))
    assert selected == {person.email for person in people if person.is_in_segment}
