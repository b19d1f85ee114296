"""Visiting the links of an edition, several at once, and keeping how they answered, with time."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait

from mailer.checks.visit import Visit, visit
from mailer.dispatch.checking.check import judge_edition
from mailer.models import Edition, LinkRound

# A bulletin has some thirty links. More at once would look like an attack to a site that is
# linked often; longer, and planning would wait for a worker.
AT_ONCE = 8
MOST_LINKS = 200
WHOLE_SECONDS = 60.0
UNSEEN = Visit(problem="there was no time left to visit it", refused=True)
# After this a round that has not ended is taken for one whose worker died.
LONGEST_ROUND = dt.timedelta(minutes=5)


def begin_round(edition: Edition, *, now: dt.datetime) -> bool:
    """Note that the links of an edition's text are to be visited; False if they are just now."""
    going = LinkRound.objects.filter(
        edition=edition,
        content_hash=edition.content_hash,
        finished_at=None,
        began_at__gt=now - LONGEST_ROUND,
    )
    if going.exists():
        return False
    LinkRound.objects.update_or_create(
        edition=edition,
        defaults={
            "content_hash": edition.content_hash,
            "answers": [],
            "began_at": now,
            "finished_at": None,
        },
    )
    return True


def visit_links(
    edition: Edition, *, now: Callable[[], dt.datetime], visit: Callable[[str], Visit] = visit
) -> None:
    """Visit the links of an edition whose round has begun, and keep their answers."""
    content_hash = edition.content_hash
    urls = judge_edition(edition).urls[:MOST_LINKS]
    answers = [
        {
            "url": url,
            "status": answer.status,
            "problem": answer.problem,
            "refused": answer.refused,
            "at": now().isoformat(),
        }
        for url, answer in visit_all(urls, visit=visit)
    ]
    # A text that came meanwhile has a round of its own.
    LinkRound.objects.filter(edition=edition, content_hash=content_hash).update(
        answers=answers, finished_at=now()
    )


def visit_all(
    urls: Iterable[str], *, visit: Callable[[str], Visit], seconds: float = WHOLE_SECONDS
) -> list[tuple[str, Visit]]:
    """Return how links answered, in their order; those that time did not suffice for say so."""
    end = time.monotonic() + seconds
    pool = ThreadPoolExecutor(max_workers=AT_ONCE)
    waiting: dict[str, Future[Visit]] = {url: pool.submit(visit, url) for url in urls}
    try:
        wait(waiting.values(), timeout=max(end - time.monotonic(), 0))
        return [
            (url, future.result() if future.done() else UNSEEN) for url, future in waiting.items()
        ]
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
