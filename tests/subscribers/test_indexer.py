"""The wake-up call for attributes' indexes reaches a worker, or nobody minds."""

from __future__ import annotations

from celery.exceptions import OperationalError

from subscribers import tasks


def test_without_a_broker_a_segment_is_kept_all_the_same(monkeypatch):
    asked: list[object] = []

    def refuse(**options: object) -> None:
        asked.append(options)
        raise OperationalError("nobody listens")

    monkeypatch.setattr(tasks.index_attributes, "apply_async", refuse)

    tasks.wake_indexer()

    assert asked == [{"retry": False}]
