"""Which requests are a machine's, by what they look like and by their company."""

from __future__ import annotations

import pytest

from mailer.results.machines import NEIGHBOURS, find_machines, is_machine
from mailer.results.signals import Sight

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"


def click(person: int = 1, *, at: float = 0.0, number: int = 1, **fields: str) -> Sight:
    return Sight(
        **{"agent": FIREFOX, "network": "n"} | fields, delivery_id=person, number=number, at=at
    )


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, False),
        ({"method": "HEAD"}, True),
        ({"agent": ""}, True),
        ({"agent": "Mozilla/5.0"}, True),
        ({"agent": "curl/8.5.0"}, True),
        ({"agent": "Barracuda Sentinel (EE)"}, True),
        ({"agent": "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"}, True),
        ({"agent": GMAIL}, True),
        ({"agent": GMAIL, "number": 0}, False),
    ],
)
def test_a_request_tells_what_made_it(fields, expected):
    assert is_machine(click(**fields)) is expected


def test_clicks_of_a_whole_house_at_once_are_a_machine_s():
    crowd = [click(person, at=person * 0.5) for person in range(1, NEIGHBOURS + 1)]
    late = click(99, at=60.0)
    elsewhere = click(100, network="other")

    assert find_machines([late, *crowd, elsewhere]) == set(range(1, NEIGHBOURS + 1))


def test_openings_of_a_whole_house_may_be_people_s():
    crowd = [click(person, number=0) for person in range(1, NEIGHBOURS + 1)]

    assert find_machines(crowd) == set()


def test_one_person_clicking_often_and_a_few_neighbours_are_people():
    often = [click(1, at=second / 2) for second in range(20)]
    neighbours = [click(person) for person in range(2, NEIGHBOURS)]

    assert find_machines(often + neighbours) == set()


def test_a_slow_stream_of_neighbours_is_no_crowd():
    stream = [click(person, at=person * 10.0) for person in range(1, 30)]

    assert find_machines(stream) == set()


def test_without_a_network_nobody_has_neighbours():
    assert find_machines([click(person, network="") for person in range(1, 30)]) == set()
