"""Who has left, or was suppressed, since somebody looked last: for whoever is about to write.

Leaving leaves evidence and suppressing leaves a row, and both are numbered. So a look is a
question for the highest numbers, however many people there are, and mostly it is the only one.
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field

from django.db.models import Max

from subscribers.models import ConsentAction, ConsentRecord, Suppression
from subscribers.suppression import DOMAIN_MARK

Marks = tuple[int, int]  # the highest numbers of evidence and of suppressions

# A row has its number before it is committed, and one with a higher number may be seen first:
# so the rows of this long are looked at again.
SETTLED_SECONDS = 3.0
# Of more at once, as while suppressions are imported, it costs less to ask about everybody.
MOST_NAMED = 1_000


@dataclass(slots=True)
class Departures:
    """Look again and again, and be told each time who has departed since."""

    _marks: deque[tuple[float, Marks]] = field(default_factory=deque, init=False)
    _seen: set[tuple[str, int]] = field(default_factory=set, init=False)

    def look(self) -> frozenset[str] | None:
        """Return the normalised addresses of those who departed since the last look.

        None says that it may be anybody: at the first look, when there were very many, or when
        a whole domain was suppressed.
        """
        now, marks, is_first = time.monotonic(), _read_marks(), not self._marks
        self._marks.append((now, marks))
        while len(self._marks) > 1 and self._marks[1][0] < now - SETTLED_SECONDS:
            self._marks.popleft()
        settled = self._marks[0][1]
        if is_first or marks == settled:
            return None if is_first else frozenset()
        found = _read_departed(settled)
        named = frozenset(address for key, address in found.items() if key not in self._seen)
        self._seen = set(found)
        is_anybody = len(found) > MOST_NAMED or any(map(_is_domain, named))
        return None if is_anybody else named


def _read_marks() -> Marks:
    evidence = ConsentRecord.objects.aggregate(last=Max("pk"))["last"]
    suppressions = Suppression.objects.aggregate(last=Max("pk"))["last"]
    return evidence or 0, suppressions or 0


def _read_departed(after: Marks) -> dict[tuple[str, int], str]:
    """Return the addresses in the rows above the marks, by table and number: not all of many."""
    left = ConsentRecord.objects.filter(pk__gt=after[0], action=ConsentAction.UNSUBSCRIBED)
    suppressed = Suppression.objects.filter(pk__gt=after[1])
    return {
        (name, pk): address
        for name, rows in (
            ("left", left.values_list("pk", "email")),
            ("suppressed", suppressed.values_list("pk", "email_normalised")),
        )
        for pk, address in rows.order_by("pk")[: MOST_NAMED + 1]
    }


def _is_domain(address: str) -> bool:
    return address.startswith(DOMAIN_MARK)
