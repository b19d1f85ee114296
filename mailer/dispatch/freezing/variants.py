"""The variants of an edition: one for each combination of segments that its file names."""

from __future__ import annotations

from mailer.content.parse import find_segments
from mailer.content.segments import list_variants
from mailer.errors import InvalidIssue
from mailer.models import Edition
from mailer.types import Problem
from subscribers.models import Segment


def find_variants(edition: Edition) -> dict[str, tuple[str, ...]]:
    """Return the names of each variant's segments, by what ``FrozenEdition.variant`` holds.

    The first is nobody's. Raises InvalidIssue for a segment that does not exist.
    """
    lines = find_segments(edition.source, file=str(edition))
    numbers = dict(Segment.objects.filter(name__in=lines).values_list("name", "pk"))
    problems = [
        Problem(
            file=str(edition),
            line=line,
            what=f"there is no segment {name!r}",
            remedy="Make it in the admin, or mend its name in the issue file.",
        )
        for name, line in lines.items()
        if name not in numbers
    ]
    if problems:
        raise InvalidIssue(problems)
    return {
        ",".join(map(str, sorted(numbers[name] for name in names))): names
        for names in list_variants(tuple(lines))
    }
