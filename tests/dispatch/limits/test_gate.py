"""Each message passes the gate: at its slot, within its permits, later where asked for less."""

from __future__ import annotations

import dataclasses
import json
import time
from random import Random

import pytest
import redis

from mailer.dispatch.limits.gate import LOOK_SECONDS, RELOAD_SECONDS, Gate, asks_to_slow_down
from mailer.dispatch.limits.rows import WHOLE, Limits
from mailer.dispatch.limits.throttle import (
    FIRST_PAUSE_SECONDS,
    RECOVERY_STEP,
    SLACK_SECONDS,
    Limit,
    Throttle,
)
from mailer.models import DomainLimit, Transport
from mailer.types import Outcome, OutcomeKind, Reply, Stage

SLOWED = "masthead:limits:slowed:1"
FULL = Reply(code=452, text="mailbox full", stage=Stage.RCPT, status="4.2.2")
BUSY = Reply(code=421, text="try again later", stage=Stage.RCPT, status="4.7.0")
OURS = Reply(code=451, text="too many messages from you", stage=Stage.MAIL)
GOOD = Reply(code=250, text="queued", stage=Stage.DOT, status="2.0.0")


class World:
    """Gates of several workers on one Redis, with a clock that can be put forward."""

    def __init__(self, client: redis.Redis) -> None:
        self.client = client
        self.ahead = 0.0
        self.calls = 0
        self.asked_at = 0.0
        self.limits = Limits(transport_id=1, whole=Limit(scope="1:*", slowed_as=WHOLE))

    def clock(self) -> float:
        self.asked_at = time.monotonic() + self.ahead
        return self.asked_at

    def limit(self, *limits: Limit, connections: int | None = None, **whole: object) -> None:
        providers: dict[str, tuple[Limit, ...]] = {}
        for each in limits:
            name = each.scope.partition(":")[2]
            providers[name] = (*providers.get(name, ()), each)
        self.limits = Limits(
            transport_id=1,
            whole=dataclasses.replace(self.limits.whole, **whole),
            providers=providers,
            open_connections=connections,
        )

    def gate(self, worker: str = "one") -> Gate:
        throttle = Throttle(self.client, 1)
        run = throttle._run
        throttle._run = lambda *call: (setattr(self, "calls", self.calls + 1), run(*call))[1]
        return Gate(throttle=throttle, load=lambda: self.limits, worker=worker, clock=self.clock)

    def end_pause(self, name: str = "gmail") -> None:
        state = json.loads(self.client.hget(SLOWED, name)) | {"paused_until_ms": 0}
        self.client.hset(SLOWED, name, json.dumps(state))


@pytest.fixture
def world(redis_url) -> World:
    client = redis.Redis.from_url(redis_url)
    client.flushdb()
    yield World(client)
    client.close()


def outcome(reply: Reply = GOOD) -> Outcome:
    kinds = {2: OutcomeKind.ACCEPTED, 4: OutcomeKind.DEFERRED, 5: OutcomeKind.FAILED}
    kind = kinds.get(reply.code // 100, OutcomeKind.UNCERTAIN)
    return Outcome(delivery_id=1, kind=kind, reply=reply)


def gmail(**limits: object) -> Limit:
    return Limit(scope="1:gmail", slowed_as="gmail", **limits)


def test_without_limits_everything_passes_and_redis_is_not_asked(world):
    gate = world.gate()
    world.calls = 0

    waits = [gate.admit(f"domain{number}.example") for number in range(10_000)]

    assert set(waits) == {0.0}
    assert world.calls == 0


def test_a_message_waits_for_its_slot(world):
    world.limit(per_second=2)
    gate = world.gate()

    assert gate.admit("gmail") == 0.0
    assert gate.admit("yahoo") == pytest.approx(0.5, abs=0.1)
    world.ahead += 0.5
    assert gate.admit("yahoo") == 0.0


def test_two_workers_share_a_limit(world):
    world.limit(per_second=2)

    assert world.gate("one").admit("gmail") == 0.0
    assert world.gate("two").admit("gmail") > 0.3


def test_a_slot_that_was_missed_is_lost_and_makes_no_burst(world):
    world.limit(per_second=2)
    gate = world.gate()
    gate.admit("gmail")
    assert gate.admit("gmail") > 0
    world.ahead += 5

    # The slot lay within the slack in the past; Redis' own clock has not moved.
    assert gate.admit("gmail") > 0.5


def test_a_fast_limit_costs_few_calls(world):
    world.limit(per_second=5_000)
    gate = world.gate()
    sent = 0
    end = time.monotonic() + 0.5
    while time.monotonic() < end:
        sent += gate.admit("gmail") == 0.0

    assert sent > 1_000
    assert sent <= 5_000 * (0.5 + 0.1) + 10
    assert world.calls < sent / 10


def test_stalls_never_make_more_leave_than_the_rate_and_its_slack(world):
    """A worker that stops now and then loses turns; it does not make up for them."""
    rate, chance, moments, longest_call = 200, Random(7), [], 0.0
    world.limit(per_second=rate)
    gates = [world.gate("one"), world.gate("two")]
    end = time.monotonic() + 1.2
    while (began := time.monotonic()) < end:
        gate = chance.choice(gates)
        if gate.admit("gmail") == 0.0:
            moments.append(world.asked_at)
        # A slot is reckoned from when Redis' answer came, so a slow answer makes it late.
        longest_call = max(longest_call, time.monotonic() - began)
        if chance.random() < 0.02:
            time.sleep(chance.uniform(0.0, 0.15))

    for first, earlier in enumerate(moments):
        for count, later in enumerate(moments[first:], start=1):
            window = later - earlier + SLACK_SECONDS + longest_call
            assert count <= rate * window + 1
    assert len(moments) > 20


def test_a_limit_that_is_not_felt_costs_few_calls(world):
    world.limit(per_second=1_000_000)
    gate = world.gate()

    sent = sum(gate.admit("gmail") == 0.0 for _ in range(20_000))

    assert sent > 19_000
    assert world.calls < 500


def test_a_provider_that_must_wait_does_not_hold_up_others(world):
    world.limit(gmail(per_second=0.1), per_second=100)
    gate = world.gate()
    gate.admit("gmail")

    assert gate.admit("gmail") > 5
    time.sleep(0.011)
    assert gate.admit("yahoo") < 0.02


def test_waiting_far_ahead_reserves_nothing_and_asks_once_a_second(world):
    world.limit(gmail(per_second=0.1))
    gate = world.gate()
    gate.admit("gmail")
    world.calls = 0

    waits = [gate.admit("gmail") for _ in range(100)]

    assert min(waits) > 9
    assert world.calls == 1


def test_messages_that_are_given_back_are_spread_over_time(world):
    world.limit(gmail(per_second=0.5))
    gate = world.gate()
    gate.admit("gmail")
    gate.admit("gmail")

    delays = [gate.delay("gmail", position) for position in range(3)]

    assert delays == pytest.approx([2, 4, 6], abs=0.3)
    assert gate.delay("yahoo", 9) == 0


def test_no_more_are_under_way_than_permitted(world):
    world.limit(gmail(in_flight=3))
    one, two = world.gate("one"), world.gate("two")

    assert [one.admit("gmail") == 0 for _ in range(2)] == [True, True]
    assert [two.admit("gmail") == 0 for _ in range(2)] == [True, False]
    assert one.admit("yahoo") == 0

    one.finish("gmail")
    assert one.admit("gmail") == 0.0


def test_a_permit_that_is_idle_goes_to_another_worker(world):
    world.limit(gmail(in_flight=1))
    one, two = world.gate("one"), world.gate("two")
    one.admit("gmail")
    one.finish("gmail")
    assert two.admit("gmail") > 0

    world.ahead += 2
    one.tick()
    assert two.admit("gmail") == 0.0


def test_permits_are_kept_as_long_as_messages_are_under_way(world):
    world.limit(gmail(in_flight=1))
    one, two = world.gate("one"), world.gate("two")
    one.admit("gmail")
    for _ in range(5):
        world.ahead += 11
        one.tick()

    assert world.client.zscore("masthead:limits:leases:1:gmail", "one") is not None
    assert two.admit("gmail") > 0


def test_permits_in_use_cost_no_calls(world):
    world.limit(gmail(in_flight=1))
    gate = world.gate()
    gate.admit("gmail")
    world.calls = 0
    for _ in range(1_000):
        gate.finish("gmail")
        assert gate.admit("gmail") == 0.0

    assert world.calls == 0


def test_a_limit_that_is_lifted_lets_go_of_its_permits(world):
    world.limit(gmail(in_flight=1))
    gate = world.gate()
    gate.admit("gmail")
    world.limit()
    world.ahead += RELOAD_SECONDS
    gate.tick()

    assert gate.admit("gmail") == 0.0
    assert world.client.hlen("masthead:limits:held:1:gmail") == 0


def test_connections_are_shared_by_all_workers(world):
    world.limit(connections=5)
    one, two = world.gate("one"), world.gate("two")

    assert one.hold_connections(3) == 3
    assert two.hold_connections(9) == 2
    assert one.hold_connections(1) == 1
    world.ahead += 1
    assert two.hold_connections(9) == 4
    two.close()
    world.ahead += 1
    assert one.hold_connections(9) == 5


def test_held_connections_are_renewed_and_not_taken_for_idle(world):
    world.limit(connections=5)
    gate = world.gate()
    gate.hold_connections(3)
    world.calls = 0
    gate.hold_connections(3)
    assert world.calls == 0

    world.ahead += 11
    gate.tick()
    assert gate.hold_connections(3) == 3
    assert world.client.hget("masthead:limits:held:1:connections", "one") == b"3"


def test_connections_without_a_limit_are_free(world):
    gate = world.gate()
    world.calls = 0

    assert gate.hold_connections(100) == 100
    assert world.calls == 0


def test_a_provider_that_refuses_for_now_is_left_alone_by_every_worker(world):
    one, two = world.gate("one"), world.gate("two")
    assert one.admit("gmail") == 0.0

    one.report("gmail", outcome(BUSY))
    world.ahead += LOOK_SECONDS
    two.tick()

    assert one.admit("gmail") == pytest.approx(FIRST_PAUSE_SECONDS, abs=1.5)
    assert two.admit("gmail") == pytest.approx(FIRST_PAUSE_SECONDS, abs=1.5)
    assert one.admit("yahoo") == two.admit("yahoo") == 0.0


def test_after_the_pause_it_goes_on_at_half_its_pace(world):
    gate = world.gate()
    for _ in range(100):
        gate.admit("gmail")
    world.ahead += 2
    gate.report("gmail", outcome(BUSY))

    slowed = gate.throttle.slowed()["gmail"]
    assert slowed.full_rate == pytest.approx(50, rel=0.2)
    assert slowed.rate == pytest.approx(slowed.full_rate / 2)


def test_it_takes_up_speed_as_messages_are_accepted(world):
    world.limit(gmail(per_second=40))
    gate = world.gate()
    gate.report("gmail", outcome(BUSY))
    world.end_pause()

    for _ in range(2 * RECOVERY_STEP):
        gate.report("gmail", outcome())
    world.ahead += LOOK_SECONDS
    gate.tick()

    assert gate.throttle.slowed() == {}


def test_what_has_recovered_passes_freely_again_everywhere(world):
    one, two = world.gate("one"), world.gate("two")
    one.report("gmail", outcome(BUSY))
    world.ahead += LOOK_SECONDS
    two.tick()
    world.end_pause()
    one.throttle.recover("gmail", 10 * RECOVERY_STEP)
    world.ahead += LOOK_SECONDS
    two.tick()
    world.calls = 0

    assert [two.admit("gmail") for _ in range(100)] == [0.0] * 100
    assert world.calls == 0
    assert two._special == two._slots == {}


def test_thousands_of_slowed_domains_are_not_told_over_and_over(world):
    gate = world.gate()
    world.calls = 0
    for number in range(1_000):
        gate.report(f"domain{number}.example", outcome(BUSY))
    changed = "masthead:limits:changed:1"
    world.client.zadd(changed, dict.fromkeys(world.client.zrange(changed, 0, -1), 1))
    _, found = gate.throttle.look(gate._looked_ms)

    assert world.calls == 1_001
    assert found == {}
    assert gate.admit("domain999.example") > 1
    assert gate.admit("other.example") == 0.0


def test_reserved_slots_are_forgotten_when_the_provider_asks_for_less(world):
    world.limit(gmail(per_second=1_000))
    gate = world.gate()
    for _ in range(40):
        gate.admit("gmail")
    gate.report("gmail", outcome(BUSY))

    assert gate.admit("gmail") > 1


def test_a_refusal_of_our_sending_slows_the_whole_transport(world):
    gate = world.gate()
    gate.report("gmail", outcome(OURS))

    assert gate.admit("gmail") > 1
    assert gate.admit("yahoo") > 1


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (BUSY, True),
        (OURS, True),
        (FULL, False),
        (GOOD, False),
        (Reply(code=450, text="greylisted", stage=Stage.RCPT), True),
        (Reply(code=421, text="mailbox full", stage=Stage.DOT, status="4.2.2"), True),
        (Reply(code=550, text="spam", stage=Stage.DOT), False),
        (Reply(code=421, text="too many connections", stage=Stage.CONNECT), False),
        (Reply(code=0, text="no reply in time", stage=Stage.RCPT), False),
    ],
)
def test_it_knows_which_replies_ask_for_less(reply, expected):
    assert asks_to_slow_down(reply) is expected


def test_one_full_mailbox_slows_nobody(world):
    gate = world.gate()
    gate.report("gmail", outcome(FULL))

    assert gate.admit("gmail") == 0.0
    assert gate.throttle.slowed() == {}


def test_a_days_cap_holds_over_workers_and_what_is_unused_comes_back(world):
    world.limit(daily_cap=100)
    one, two = world.gate("one"), world.gate("two")
    taken = [one.admit("gmail") == 0 for _ in range(60)]
    one.close()
    taken += [two.admit("gmail") == 0 for _ in range(60)]

    assert sum(taken) == 100
    assert two.admit("gmail") > 1


def test_changed_limits_take_hold(world):
    gate = world.gate()
    gate.admit("gmail")
    world.limit(per_second=0.01)
    world.ahead += RELOAD_SECONDS
    gate.tick()
    gate.admit("gmail")

    assert gate.admit("gmail") > 90


def test_between_looks_a_tick_costs_nothing(world):
    gate = world.gate()
    world.client.close()
    looks = gate._looks_at
    for _ in range(100):
        gate.tick()

    assert gate._looks_at == looks


def test_it_reads_the_limits_of_its_row(db, settings, redis_url):
    settings.REDIS_URL = redis_url
    redis.Redis.from_url(redis_url).flushdb()
    row = Transport.objects.create(name="relay", url="smtp://mail.example", daily_cap=1)
    DomainLimit.objects.create(provider="hotmail.fr", transport=row, messages_per_second=0.01)
    gate = Gate.open(row.pk)

    assert gate.admit("gmail") == 0.0
    assert gate.admit("gmail") > 1
    assert gate.admit("microsoft") > 1
    gate.close()
