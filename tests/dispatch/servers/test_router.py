"""Mail leaves by healthy servers in their shares; one that fails is left alone for a while."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from random import Random

import pytest
from django.utils import timezone

from mailer.dispatch.servers.router import (
    FIRST_REST_SECONDS,
    LONGEST_REST_SECONDS,
    MOST_IN_A_ROW,
    Router,
    explain,
    is_permanent,
    rest_seconds,
)
from mailer.models import Transport
from mailer.types import Outcome, OutcomeKind, Reply, Stage

UNREACHABLE = Reply(code=0, text="mail.example:587 can't be reached", stage=Stage.CONNECT)
BAD_LOGIN = Reply(code=535, text="bad password", stage=Stage.AUTH, status="5.7.8")
NO_TRUST = Reply(code=0, text="the connection broke: certificate verify failed", stage=Stage.TLS)
NOT_ALLOWED = Reply(code=550, text="sender rejected", stage=Stage.MAIL, status="5.7.1")
NO_SUCH_USER = Reply(code=550, text="no such user", stage=Stage.RCPT, status="5.1.1")
GOOD = Reply(code=250, text="queued", stage=Stage.DOT)


class Clock:
    seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def router(clock) -> Router:
    return Router(random=Random(7), clock=clock)


def make(name: str, **fields: object) -> Transport:
    return Transport.objects.create(name=name, url=f"smtp://{name}.example", **fields)


def names(router: Router, times: int = 100) -> Counter:
    chosen = [router.choose_transport() for _ in range(times)]
    return Counter(relay.name if relay else None for relay in chosen)


def let_rest_end() -> None:
    Transport.objects.update(retry_at=timezone.now() - dt.timedelta(seconds=1))


def rest_of(row: Transport) -> float:
    row.refresh_from_db()
    return (row.retry_at - timezone.now()).total_seconds()


def refused(reply: Reply) -> Outcome:
    return Outcome(delivery_id=1, kind=OutcomeKind.FAILED, reply=reply)


def test_without_rows_the_server_of_the_settings_is_the_one(db, router, settings):
    settings.SMTP_URL = "smtp://only.example:2525?tls=none"

    relay = router.choose_transport()

    assert (relay.id, relay.name, relay.config.port) == (0, "default", 2525)


def test_servers_get_mail_by_their_weights(db, router):
    make("heavy", weight=3)
    make("light", weight=1)
    make("off", enabled=False)
    make("spare", weight=0)

    chosen = names(router)

    assert set(chosen) == {"heavy", "light"}
    assert chosen["heavy"] == pytest.approx(75, abs=15)


def test_the_same_random_source_chooses_the_same_servers(db, clock):
    make("one")
    make("two")

    assert names(Router(random=Random(1)), 20) == names(Router(random=Random(1)), 20)


def test_a_failed_server_is_left_alone_and_others_take_over(db, router):
    make("main")
    make("spare", weight=0)
    assert set(names(router, 20)) == {"main"}

    router.report_connection(router.choose_transport(), ok=False, reply=UNREACHABLE)

    assert set(names(router, 20)) == {"spare"}
    assert set(names(Router(), 20)) == {"spare"}  # another worker


def test_when_all_have_failed_there_is_none(db, router):
    make("main")
    router.report_connection(router.choose_transport(), ok=False, reply=UNREACHABLE)

    assert router.choose_transport() is None


def test_all_switched_off_means_none_and_not_the_settings_server(db, router):
    make("main", enabled=False)

    assert router.choose_transport() is None


def test_a_server_that_is_not_wanted_is_not_chosen(db, router):
    main = make("main")
    make("other")

    assert {router.choose_transport(exclude=[main.pk]).name for _ in range(20)} == {"other"}


def test_it_rests_longer_after_each_failure(db, router):
    row = make("main")
    rests = []
    for _ in range(3):
        router.report_connection(router.choose_transport(), ok=False, reply=UNREACHABLE)
        rests.append(rest_of(row))
        let_rest_end()

    assert rests == pytest.approx([FIRST_REST_SECONDS * factor for factor in (1, 2, 4)], abs=2)
    assert rest_seconds(10_000, permanent=False) == LONGEST_REST_SECONDS


def test_many_workers_that_see_one_failure_count_it_once(db, router):
    row = make("main")
    relay = router.choose_transport()
    for _ in range(20):
        Router().report_connection(relay, ok=False, reply=UNREACHABLE)

    row.refresh_from_db()
    assert row.failures == 1


def test_a_good_connection_makes_it_healthy(db, router):
    row = make("main")
    relay = router.choose_transport()
    router.report_connection(relay, ok=False, reply=UNREACHABLE)
    row.refresh_from_db()
    assert row.failing_since is not None
    assert "can't be reached" in row.problem

    router.report_connection(relay, ok=True)

    row.refresh_from_db()
    assert (row.failures, row.failing_since, row.retry_at, row.problem) == (0, None, None, "")
    assert router.choose_transport() is not None


def test_since_when_it_fails_is_kept(db, router):
    row = make("main")
    relay = router.choose_transport()
    router.report_connection(relay, ok=False, reply=UNREACHABLE)
    row.refresh_from_db()
    since = row.failing_since
    let_rest_end()
    router.report_connection(relay, ok=False, reply=UNREACHABLE)

    row.refresh_from_db()
    assert row.failing_since == since
    assert row.failures == 2


@pytest.mark.parametrize("reply", [BAD_LOGIN, NO_TRUST])
def test_what_only_a_person_can_mend_rests_long_at_once_and_says_so(db, router, reply):
    row = make("main")
    router.report_connection(router.choose_transport(), ok=False, reply=reply)

    assert rest_of(row) == pytest.approx(LONGEST_REST_SECONDS, abs=5)
    assert row.problem == explain(reply)
    assert reply.text in row.problem


def test_temporary_failures_are_not_permanent():
    assert not is_permanent(UNREACHABLE)
    assert not is_permanent(Reply(code=454, text="later", stage=Stage.AUTH))


def test_a_password_that_can_not_be_read_takes_its_server_out_and_says_why(db, router, settings):
    row = Transport.objects.create(name="main", url="smtp://ada:pw@main.example")
    make("other", weight=0)
    settings.SECRET_KEY = "another key, of at least 32 characters"

    assert router.choose_transport().name == "other"
    row.refresh_from_db()
    assert "enter the secret anew" in row.problem


def test_refusals_of_our_sender_in_a_row_take_a_server_out(db, router):
    row = make("main")
    relay = router.choose_transport()
    for _ in range(MOST_IN_A_ROW - 1):
        router.report_outcome(relay, refused(NOT_ALLOWED))
    assert router.choose_transport() is not None

    router.report_outcome(relay, refused(NOT_ALLOWED))

    assert router.choose_transport() is None
    row.refresh_from_db()
    assert "sender rejected" in row.problem


@pytest.mark.parametrize("reply", [GOOD, NO_SUCH_USER])
def test_one_message_that_got_past_the_sender_ends_the_row(db, router, reply):
    make("main")
    relay = router.choose_transport()
    for _ in range(3):
        for _ in range(MOST_IN_A_ROW - 1):
            router.report_outcome(relay, refused(NOT_ALLOWED))
        kind = OutcomeKind.ACCEPTED if reply is GOOD else OutcomeKind.FAILED
        router.report_outcome(relay, Outcome(delivery_id=1, kind=kind, reply=reply))

    assert router.choose_transport() is not None


def test_a_message_that_found_no_connection_tells_of_the_server(db, router):
    make("main")
    router.report_outcome(router.choose_transport(), refused(UNREACHABLE))

    assert router.choose_transport() is None


def test_a_kept_connection_that_was_closed_is_no_failure(db, router):
    make("main")
    relay = router.choose_transport()
    closed = Reply(code=0, text="the server closed the connection", stage=Stage.MAIL)
    for _ in range(2 * MOST_IN_A_ROW):
        router.report_outcome(relay, refused(closed))

    assert router.choose_transport() is not None


def test_the_server_of_the_settings_is_left_alone_too(db, router, clock):
    relay = router.choose_transport()
    for _ in range(5):
        router.report_connection(relay, ok=False, reply=UNREACHABLE)
    assert router.choose_transport() is None

    clock.seconds += FIRST_REST_SECONDS
    assert router.choose_transport() == relay
    router.report_connection(relay, ok=False, reply=UNREACHABLE)
    clock.seconds += FIRST_REST_SECONDS
    assert router.choose_transport() is None

    router.report_connection(relay, ok=True)
    assert router.choose_transport() == relay
    assert router.choose_transport(exclude=[0]) is None


def test_a_server_that_was_deleted_meanwhile_is_nobodys_matter(db, router):
    row = make("main")
    relay = router.choose_transport()
    row.delete()

    router.report_connection(relay, ok=False, reply=UNREACHABLE)
    router.report_connection(relay, ok=True)
