"""The benchmark of pages reckons right."""

from __future__ import annotations

from tests.benchmarks.pages import plan_asks, send_in
from tests.benchmarks.summary import summarise
from tests.fakes.world import join_many, make_list


def test_percentiles_are_of_the_nearest_rank():
    figures = summarise([float(number) for number in range(1, 101)])

    assert (figures["p50_ms"], figures["p95_ms"], figures["p99_ms"]) == (50.0, 95.0, 99.0)
    assert (figures["requests"], figures["max_ms"]) == (100, 100.0)
    assert summarise([7.0])["p99_ms"] == 7.0


def test_all_kinds_are_asked_in_turns_each_for_another_reader(db):
    group = make_list()
    join_many(10, group)

    asks = list(plan_asks(group, 10))

    kinds = ["one-click", "preferences", "form", "known", "unknown"]
    assert [ask.kind for ask in asks] == kinds * 2
    assert len({ask.path for ask in asks if ask.path.startswith(("/u/", "/p/"))}) == 4
    assert send_in("known", "a@b.example", "10.0.0.1").body == "email=a%40b.example&lists=readers"
