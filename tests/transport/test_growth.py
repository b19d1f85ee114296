"""How many connections are opened, and when a server that turned us away is asked again."""

from __future__ import annotations

import pytest

from mailer.transport.smtp.config import SmtpConfig
from mailer.transport.smtp.growth import LONGEST_BACKOFF, MOST_OUTCOMES, REST_SECONDS, Growth
from mailer.types import Reply, Stage

OK = Reply(code=250, text="ok", stage=Stage.DOT)
CLOSING = Reply(code=421, text="later", stage=Stage.MAIL)


def make_growth(connections: int = 10) -> Growth:
    config = SmtpConfig(host="mail.example", port=25, connections=connections, backoff_seconds=1)
    return Growth(config)


def see(growth: Growth, *, waits: float, outcomes: int) -> None:
    for _ in range(outcomes):
        growth.note_wait(waits)
        growth.note_outcome(OK)


def test_the_first_connection_is_opened_at_once():
    assert make_growth().allow(0, 0) == 1


def test_fewer_connections_may_be_allowed_than_are_configured_and_never_more():
    growth = make_growth(connections=3)

    growth.limit(0)
    assert growth.allow(0, 0) == 0
    growth.limit(2)
    see(growth, waits=0.05, outcomes=1)
    assert growth.allow(2, 0) == 0
    growth.limit(99)
    see(growth, waits=0.05, outcomes=1)
    assert growth.allow(2, 0) == 1


@pytest.mark.parametrize(
    ("live", "waits", "outcomes", "opened"),
    [
        (1, 0.001, 20, 1),  # a second one, so that a turn carries two
        (2, 0.001, 20, 0),  # a short stay: two connections keep the server busy
        (1, 0.050, 1, 1),
        (4, 0.012, 4, 3),  # 48 ms for each letter of four connections
        (8, 0.006, 8, 2),  # up to the limit
        (10, 0.006, 8, 0),
        (1, 0.009, 1, 0),  # too little to tell
    ],
)
def test_another_one_is_opened_where_letters_wait_for_the_network(live, waits, outcomes, opened):
    growth = make_growth()
    see(growth, waits=waits, outcomes=outcomes)

    assert growth.allow(live, 0) == opened


def test_what_was_seen_long_ago_is_forgotten():
    growth = make_growth()
    see(growth, waits=0.050, outcomes=MOST_OUTCOMES + 1)

    assert growth.allow(1, 0) == 0


def test_a_server_that_turns_us_away_is_asked_ever_more_rarely():
    growth, now, waits = make_growth(), 0.0, []
    for _ in range(9):
        growth.note_failure(0, now)
        wait = next(seconds for seconds in range(200) if growth.allow(0, now + seconds))
        waits.append(wait)
        now += wait

    assert waits[:4] == [1, 2, 4, 8]
    assert waits[-1] == LONGEST_BACKOFF


@pytest.mark.parametrize(("reply", "next_wait"), [(OK, 1), (CLOSING, 4)])
def test_only_a_servers_own_word_shows_that_it_works_again(reply, next_wait):
    growth = make_growth()
    for _ in range(2):
        growth.note_failure(0, 0)

    growth.note_outcome(reply)
    growth.note_failure(0, 0)

    assert growth.allow(0, next_wait) == 1
    assert growth.allow(0, next_wait - 0.1) == 0


def test_a_server_that_refuses_another_connection_keeps_those_it_has_and_gets_no_more():
    growth = make_growth()
    growth.note_failure(3, now=0)
    see(growth, waits=0.050, outcomes=4)

    assert growth.allow(3, REST_SECONDS - 1) == 0
    see(growth, waits=0.050, outcomes=4)
    assert growth.allow(3, REST_SECONDS + 1) == 2
