"""All workers together keep a limit, on Redis' clock; what one of them leaves behind comes free."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from itertools import pairwise

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from mailer.dispatch.limits.throttle import (
    FIRST_PAUSE_SECONDS,
    LONGEST_PAUSE_SECONDS,
    LOWEST_PER_SECOND,
    RECOVERY_STEP,
    Limit,
    Throttle,
)
from mailer.errors import LimitsUnavailable

SLOTS = "masthead:limits:slots:"
SLOWED = "masthead:limits:slowed:1"
DAY_US = 86_400_000_000


@pytest.fixture
def client(redis_url):
    client = redis.Redis.from_url(redis_url, socket_timeout=90)
    client.flushdb()
    yield client
    client.close()


@pytest.fixture
def throttle(client) -> Throttle:
    return Throttle(client, 1)


def moments(block) -> list[float]:
    """Return the block's slots in seconds of Redis' clock."""
    first = block.now_us / 1e6 + block.wait_seconds
    return [first + each * block.interval_seconds for each in range(block.count)]


def end_pause(client, name: str = "gmail") -> None:
    state = json.loads(client.hget(SLOWED, name)) | {"paused_until_ms": 0}
    client.hset(SLOWED, name, json.dumps(state))


WORKER = """
import json, sys, time
import redis
from mailer.dispatch.limits.throttle import Limit, Throttle
url, seconds, *cases = sys.argv[1:]
client = redis.Redis.from_url(url, socket_timeout=90)
throttle = Throttle(client, 1)
client.rpush("ready", 1)
client.blpop("go")
slots, end = {}, time.monotonic() + float(seconds)
while time.monotonic() < end:
    for case in cases:
        rate, wanted = map(int, case.split("/"))
        block = throttle.reserve(Limit(scope="1:" + case, per_second=rate), wanted)
        first = block.now_us / 1e6 + block.wait_seconds
        moments = [first + each * block.interval_seconds for each in range(block.count)]
        slots.setdefault(case, []).extend(moments)
    time.sleep(0.002)
print(json.dumps(slots))
"""


def reserve_in_processes(client, url: str, cases: list[str], *, seconds: float):
    """Let three real processes reserve at once, and return every slot that they got."""
    command = [sys.executable, "-c", WORKER, url, str(seconds), *cases]
    workers = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(3)]
    for _ in workers:
        assert client.blpop("ready", 60)
    client.rpush("go", *range(len(workers)))
    slots = [json.loads(each.communicate()[0]) for each in workers]
    return {case: sorted(slot for each in slots for slot in each[case]) for case in cases}


def test_any_number_of_workers_keeps_the_rate_exactly(client, redis_url):
    rates = {"14/1": 14, "14/50": 14, "5000/100": 5000}

    slots = reserve_in_processes(client, redis_url, list(rates), seconds=1.5)

    for case, rate in rates.items():
        gaps = [later - earlier for earlier, later in pairwise(slots[case])]
        spanned = slots[case][-1] - slots[case][0]
        assert spanned > 3  # what was reserved lies ahead of the clock
        assert (len(slots[case]) - 1) / spanned == pytest.approx(rate, rel=0.1 / 14)
        assert min(gaps) > 1 / rate - 3e-6  # the clock's microseconds, and a double's


def test_after_a_silence_no_more_than_half_the_slack_is_made_up_for(client, throttle):
    limit = Limit(scope="1:*", per_second=14)
    throttle.reserve(limit, 1)
    client.hset(f"{SLOTS}1:*", "next", "1")

    block = throttle.reserve(limit, 1)

    assert block.wait_seconds == pytest.approx(-block.slack_seconds / 2, abs=1e-5)


def test_a_block_spans_no_more_than_half_the_slack(throttle):
    assert throttle.reserve(Limit(scope="1:a", per_second=5000), 10_000).count == 250
    assert throttle.reserve(Limit(scope="1:b", per_second=0.5), 10_000).count == 1


def test_slots_far_ahead_are_not_given_away(throttle):
    limit = Limit(scope="1:*", per_second=0.1)
    given = throttle.reserve(limit, 1)

    refused = [throttle.reserve(limit, 1) for _ in range(3)]

    assert given.count == 1
    assert [each.count for each in refused] == [0, 0, 0]
    assert refused[-1].wait_seconds == pytest.approx(10, abs=0.5)


def test_a_clock_that_was_set_back_stops_nobody(client, throttle):
    limit = Limit(scope="1:*", per_second=14)
    ahead = throttle.reserve(limit, 1).now_us + 3_600_000_000
    client.hset(f"{SLOTS}1:*", "next", str(ahead))

    assert throttle.reserve(limit, 1).wait_seconds == 0


def test_a_day_has_its_cap_whoever_asks(client, throttle):
    limit = Limit(scope="1:*", daily_cap=250)
    other = Throttle(client, 1)

    counts = [each.reserve(limit, 100).count for each in (throttle, other, throttle, other)]

    assert counts == [100, 100, 50, 0]


def test_a_full_day_is_over_at_midnight_in_utc(client, throttle):
    limit = Limit(scope="1:*", daily_cap=1, per_second=100)
    throttle.reserve(limit, 1)
    refused = throttle.reserve(limit, 1)

    assert refused.count == 0
    assert (refused.now_us + refused.wait_seconds * 1e6) % DAY_US == pytest.approx(0, abs=2)

    client.hset(f"{SLOTS}1:*", "day", refused.day - 1)  # a day later
    assert throttle.reserve(limit, 1).count == 1


def test_what_was_not_used_comes_back_to_its_own_day_alone(throttle):
    limit = Limit(scope="1:*", daily_cap=10)
    block = throttle.reserve(limit, 10)

    assert throttle.reserve(limit, 10, unused=4, unused_day=block.day - 1).count == 0
    assert throttle.reserve(limit, 10, unused=4, unused_day=block.day).count == 4


def test_permits_are_shared_and_come_free_by_being_given_back(throttle):
    assert throttle.hold("1:gmail", "one", 3, limit=5) == 3
    assert throttle.hold("1:gmail", "two", 3, limit=5) == 2
    assert throttle.hold("1:gmail", "one", 1, limit=5) == 1
    assert throttle.hold("1:gmail", "two", 9, limit=5) == 4
    assert throttle.hold("1:gmail", "two", 0, limit=5) == 0
    assert throttle.hold("1:gmail", "one", 9, limit=5) == 5


def test_a_killed_workers_permits_come_free_when_its_lease_ends(client, throttle):
    throttle.hold("1:gmail", "killed", 5, limit=5)
    assert throttle.hold("1:gmail", "next", 1, limit=5) == 0
    client.zadd("masthead:limits:leases:1:gmail", {"killed": time.time() * 1000 - 1})

    assert throttle.hold("1:gmail", "next", 5, limit=5) == 5


def test_a_lowered_limit_takes_permits_away_at_the_next_renewal(throttle):
    throttle.hold("1:gmail", "one", 5, limit=5)

    assert throttle.hold("1:gmail", "one", 5, limit=2) == 2


def test_what_is_slowed_down_halves_its_rate_and_pauses_longer_each_time(client, throttle):
    pauses = []
    for _ in range(9):
        pauses.append(throttle.slow("gmail", 40).pause_ms / 1000)
        end_pause(client)

    assert pauses[:3] == [FIRST_PAUSE_SECONDS * factor for factor in (1, 2, 4)]
    assert pauses[-1] == LONGEST_PAUSE_SECONDS
    assert throttle.slowed()["gmail"].rate == LOWEST_PER_SECOND


def test_refusals_of_one_incident_count_once(throttle):
    first = throttle.slow("gmail", 40)
    again = [throttle.slow("gmail", 40) for _ in range(20)]

    assert again == [first] * 20
    assert (first.rate, first.strikes) == (20, 1)


def test_a_pause_and_a_lower_rate_hold_for_every_worker(client, throttle):
    limit = Limit(scope="1:gmail", slowed_as="gmail", per_second=40)
    throttle.slow("gmail", 40)
    other = Throttle(client, 1)

    paused = other.reserve(limit, 1)
    end_pause(client)
    slowed = other.reserve(limit, 1)

    assert paused.count == 0
    assert paused.wait_seconds == pytest.approx(FIRST_PAUSE_SECONDS, abs=0.5)
    assert slowed.interval_seconds == pytest.approx(1 / 20)


def test_others_and_other_transports_go_on(client, throttle):
    throttle.slow("gmail", 40)

    yahoo = throttle.reserve(Limit(scope="1:yahoo", slowed_as="yahoo", per_second=40), 1)
    gmail = Limit(scope="2:gmail", slowed_as="gmail", per_second=40)
    assert yahoo.count == 1
    assert Throttle(client, 2).reserve(gmail, 1).count == 1


def test_acceptances_bring_the_rate_back_step_by_step(client, throttle):
    throttle.slow("gmail", 40)
    end_pause(client)

    throttle.recover("gmail", RECOVERY_STEP - 1)
    assert throttle.slowed()["gmail"].rate == 20
    throttle.recover("gmail", 1)
    assert throttle.slowed()["gmail"].rate == 30
    throttle.recover("gmail", RECOVERY_STEP)
    assert throttle.slowed() == {}


def test_what_is_not_slowed_needs_no_recovery(throttle):
    throttle.recover("gmail", 1_000)

    assert throttle.slowed() == {}


def test_a_look_tells_what_has_changed_since_the_last_one(client, throttle):
    throttle.slow("gmail", 40)
    client.zadd("masthead:limits:changed:1", {"gmail": time.time() * 1000 - 60_000})
    since, first = throttle.look(0)
    throttle.slow("yahoo", 4)

    _, second = throttle.look(since)
    assert (set(first), set(second)) == ({"gmail"}, {"yahoo"})

    end_pause(client)
    throttle.recover("gmail", 5 * RECOVERY_STEP)
    _, third = throttle.look(since)
    assert third["gmail"] is None
    assert third["yahoo"].rate == 2


def test_what_was_slowed_down_long_ago_is_forgotten(client, throttle):
    throttle.slow("gmail", 40)
    client.zadd("masthead:limits:changed:1", {"gmail": 1})

    throttle.slow("yahoo", 40)

    assert set(throttle.slowed()) == {"yahoo"}


def test_a_slow_limit_is_not_raised_to_the_lowest_rate(throttle):
    throttle.slow("gmail", 0.05)

    assert throttle.slowed()["gmail"].rate == 0.05


def test_after_a_flush_limits_start_anew(client, throttle):
    limit = Limit(scope="1:*", daily_cap=1)
    throttle.reserve(limit, 1)
    client.flushall()
    client.script_flush()

    assert throttle.reserve(limit, 1).count == 1


def test_nothing_is_kept_for_ever(client, throttle):
    throttle.reserve(Limit(scope="1:a", per_second=14), 1)
    throttle.reserve(Limit(scope="1:b", daily_cap=14), 1)
    throttle.hold("1:gmail", "one", 1, limit=1)
    throttle.slow("gmail", 1)

    assert len(client.keys("masthead:limits:*")) == 6
    assert [key for key in client.keys("masthead:limits:*") if client.ttl(key) < 0] == []


def test_without_redis_it_says_that_limits_can_not_be_kept():
    throttle = Throttle(redis.Redis(host="127.0.0.1", port=1, retry=Retry(NoBackoff(), 0)), 1)

    with pytest.raises(LimitsUnavailable, match="Redis does not answer"):
        throttle.reserve(Limit(scope="1:*", per_second=14), 1)
    with pytest.raises(LimitsUnavailable):
        throttle.slowed()
