"""What the answers of links mean for readers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from mailer.checks.findings import WHOLE, Finding, Place, note, warn
from mailer.checks.visit import Visit

RULE = "link-answer"
GONE = frozenset({404, 410})
# Some sites turn away whoever is no browser, or is not logged in: readers may fare better.
SHY = frozenset({401, 402, 403, 405, 406, 429, 451, 999})


def judge_answers(
    answers: Iterable[tuple[str, Visit]], places: Mapping[str, Place]
) -> Iterator[Finding]:
    """Yield the links that did not answer well, each with the place where it stands."""
    for url, answer in answers:
        place = places.get(url, WHOLE)
        shown = url if len(url) <= 80 else f"{url[:79]}…"
        if answer.is_good:
            continue
        if answer.refused:
            what = f"The link {shown} was not visited. {answer.problem}"
            yield warn(RULE, what, "Readers may not be able to open it either.", place)
        elif answer.problem:
            what = f"The link {shown} does not answer: {answer.problem}."
            yield warn(RULE, what, "Readers who follow it get nothing.", place)
        elif answer.status in SHY:
            what = f"The link {shown} turned our visit away ({answer.status})."
            yield note(RULE, what, "Try it yourself: it may do the same with readers.", place)
        elif answer.status in GONE:
            what = f"The link {shown} leads to a page that is not there ({answer.status})."
            yield warn(RULE, what, "Readers who follow it find an error.", place)
        else:
            what = f"The link {shown} answers with an error ({answer.status})."
            yield warn(RULE, what, "Readers who follow it find an error, at least now.", place)
