"""Too many refusals pause a mailing, in words that an editor understands."""

from __future__ import annotations

import dataclasses

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from mailer.dispatch.control.schedule import resume_mailing
from mailer.dispatch.watching.watch import WINDOW, Watch, pause_troubled
from mailer.errors import LimitsUnavailable
from mailer.models import Mailing, MailingState
from mailer.results.record import Attempt, record_attempts
from mailer.types import Outcome, OutcomeKind, Reply, Stage
from subscribers.models import Suppression
from tests.fakes.world import NOW

KINDS = {2: OutcomeKind.ACCEPTED, 4: OutcomeKind.DEFERRED, 5: OutcomeKind.FAILED}


def reply(code: int, text: str, status: str = "", stage: Stage = Stage.DOT) -> Reply:
    return Reply(code=code, text=text, stage=stage, status=status)


GOOD = reply(250, "queued", "2.0.0")
SPAM = reply(550, "this looks like spam to us", "5.7.1")
BLOCKED = reply(554, "your address is blocked", "5.7.1")
UNSIGNED = reply(550, "the message is not DKIM signed", "5.7.26")
FORBIDDEN_LINK = reply(554, "content refused", "5.6.0")
DEAD = reply(550, "no such user", "5.1.1", Stage.RCPT)
GREYLISTED = reply(450, "come back in a while", "4.7.1", Stage.RCPT)
UNSIGNED_FOR_NOW = reply(421, "not authenticated", "4.7.26")
FULL = reply(552, "mailbox full", "5.2.2")
LOST = reply(0, "the connection was lost")


@pytest.fixture
def watch(redis_url) -> Watch:
    client = redis.Redis.from_url(redis_url)
    client.flushdb()
    yield Watch(client)
    client.close()


def some(times: int, of: Reply, provider: str = "gmail") -> list[tuple[str, Outcome]]:
    kind = KINDS.get(of.code // 100, OutcomeKind.UNCERTAIN)
    return [(provider, Outcome(delivery_id=each, kind=kind, reply=of)) for each in range(times)]


def test_a_mailing_that_goes_well_goes_on(watch):
    assert watch.count(Mailing(pk=1), some(500, GOOD)) is None


@pytest.mark.parametrize(
    ("refusal", "meaning"),
    [
        (SPAM, "takes them for spam"),
        (BLOCKED, "blocks our mail server"),
        (UNSIGNED, "SPF, DKIM and DMARC"),
        (UNSIGNED_FOR_NOW, "SPF, DKIM and DMARC"),
        (FORBIDDEN_LINK, "the links and the pictures"),
    ],
)
def test_many_refusals_pause_it_naming_the_provider_and_quoting_it(watch, refusal, meaning):
    reason = watch.count(Mailing(pk=1), some(39, GOOD, "harbour.example") + some(11, refusal))

    assert "11 of its last 50 messages were refused; 11 of them by gmail" in reason
    assert meaning in reason
    assert f"“{refusal}”" in reason


def test_the_share_must_be_passed(watch):
    assert watch.count(Mailing(pk=1), some(40, GOOD, "a.example") + some(10, SPAM)) is None
    assert watch.count(Mailing(pk=1), some(1, SPAM)) is not None


def test_fewer_than_fifty_say_nothing(watch):
    assert watch.count(Mailing(pk=1), some(49, SPAM)) is None


def test_recordings_of_many_workers_add_up(watch):
    for _ in range(9):
        assert watch.count(Mailing(pk=1), some(4, GOOD, "a.example") + some(1, SPAM)) is None
    assert watch.count(Mailing(pk=1), some(5, GOOD, "a.example")) is None
    assert watch.count(Mailing(pk=1), some(2, SPAM)) is not None


def test_only_the_last_ones_count(watch):
    watch.count(Mailing(pk=1), some(40, SPAM))

    assert watch.count(Mailing(pk=1), some(WINDOW, GOOD)) is None
    assert watch.count(Mailing(pk=1), some(1, SPAM)) is None


def test_a_small_provider_that_refuses_all_is_noticed_among_many_readers(watch):
    mailing = Mailing(pk=1)
    for _ in range(51):
        found = watch.count(mailing, some(19, GOOD, "a.example") + some(1, SPAM, "gmx"))

    assert "by gmx" in found


def test_an_unknown_domain_counts_in_the_whole_alone(watch):
    mailing = Mailing(pk=1)
    for _ in range(100):
        assert watch.count(mailing, some(19, GOOD) + some(1, SPAM, "tiny.example")) is None
    assert len(watch._client.keys("masthead:watch:*")) == 2


def test_many_dead_addresses_pause_it(watch):
    mailing = Mailing(pk=1)
    assert watch.count(mailing, some(150, GOOD) + some(20, DEAD)) is None

    reason = watch.count(mailing, some(25, GOOD) + some(5, DEAD))

    assert "25 of the addresses that its last 200 messages went to don't exist" in reason
    assert "look where its addresses came from" in reason
    assert "“550 5.1.1 no such user”" in reason


def test_a_provider_that_has_closed_down_does_not_keep_others_waiting(watch):
    mailing = Mailing(pk=1)
    for _ in range(220):
        assert watch.count(mailing, some(19, GOOD, "a.example") + some(1, DEAD, "gmx")) is None


@pytest.mark.parametrize("other", [GREYLISTED, FULL, LOST])
def test_what_is_about_one_mailbox_or_about_the_moment_is_no_refusal(watch, other):
    assert watch.count(Mailing(pk=1), some(300, other)) is None


def test_mailings_are_counted_apart(watch):
    watch.count(Mailing(pk=1), some(49, SPAM))

    assert watch.count(Mailing(pk=2), some(1, SPAM)) is None


def test_nothing_is_kept_for_ever(watch):
    watch.count(Mailing(pk=1), some(60, SPAM))

    assert [key for key in watch._client.keys("*") if watch._client.ttl(key) < 0] == []


def test_without_redis_it_says_so():
    watch = Watch(redis.Redis(host="127.0.0.1", port=1, retry=Retry(NoBackoff(), 0)))

    with pytest.raises(LimitsUnavailable):
        watch.count(Mailing(pk=1), some(1, GOOD))


def test_a_paused_mailing_says_why_and_a_resumed_one_starts_anew(watch, mailing):
    reason = watch.count(mailing, some(60, SPAM))
    assert pause_troubled(mailing, reason) is True
    assert (mailing.state, mailing.problem) == (MailingState.PAUSED, reason)
    assert pause_troubled(mailing, reason) is False

    resume_mailing(mailing)

    assert (mailing.state, mailing.problem) == (MailingState.SENDING, "")
    assert watch.count(mailing, some(49, SPAM)) is None
    assert watch.count(mailing, some(1, SPAM)) is not None


def test_what_a_late_worker_records_does_not_count_after_the_pause(watch, mailing):
    late = Mailing.objects.get(pk=mailing.pk)
    pause_troubled(mailing, watch.count(mailing, some(60, SPAM)))
    resume_mailing(mailing)

    watch.count(late, some(60, SPAM))

    assert watch.count(mailing, some(1, SPAM)) is None


@pytest.mark.parametrize("refusal", [SPAM, BLOCKED, UNSIGNED, FORBIDDEN_LINK])
def test_what_is_said_about_us_never_counts_against_the_reader(mailing, refusal):
    at_once = dataclasses.replace(refusal, stage=Stage.RCPT)
    ids = list(mailing.deliveries.values_list("pk", flat=True))
    outcomes = [Outcome(delivery_id=pk, kind=OutcomeKind.FAILED, reply=at_once) for pk in ids]

    record_attempts(mailing, [Attempt(number=1, outcome=each) for each in outcomes], now=NOW)

    assert mailing.deliveries.filter(state="failed").count() == len(ids) > 0
    assert Suppression.objects.count() == 0
