"""An issue beside those before it, as pages show it."""

from __future__ import annotations

from typing import Any

from mailer.models import Mailing
from mailer.web.desk.figures import read_courses

# One alone compares with nothing.
FEWEST = 2


def lay_out_courses(mailing: Mailing | None) -> dict[str, Any]:
    """Return what ``desk/courses.html`` shows; no courses where there is nothing to compare."""
    found = read_courses(mailing) if mailing else []
    courses = found if len(found) >= FEWEST else []
    counted = any(each.counted for each in courses)
    return {"courses": courses, "counted": counted, "here": mailing.pk if mailing else None}
