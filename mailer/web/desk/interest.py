"""What was followed of an issue, on the issue's own layout."""

from __future__ import annotations

from collections.abc import Callable

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.html import format_html
from django.views.decorators.clickjacking import xframe_options_sameorigin

from mailer.models import FrozenEdition, Mailing
from mailer.rendering.signals import mark_headings
from mailer.results.reading import Reading
from mailer.types import Signals
from mailer.web.desk.entry import Desk, desk_page, show
from mailer.web.desk.figures import read_reading
from mailer.web.desk.framing import fill, show_safely
from mailer.web.desk.issues import name_language
from mailer.web.desk.mailings import find_mailing
from mailer.web.desk.permissions import Act

# The mark that stands below a title: its own colours, whatever a theme says in the dark. The
# deeper the tint, the more was followed.
MARK = (
    '<p style="display:inline-block;margin:4px 0 8px;padding:3px 10px;border-radius:3px;'
    "font:600 14px/1.4 system-ui,sans-serif;color:#1d1f24 !important;"
    'background-color:hsl(38,90%,{light}%) !important">{words}</p>'
)
LIGHTEST, DARKEST = 94, 62
PEOPLE = ("person followed a link", "people followed a link")
CLICKS = ("click", "clicks")


@desk_page(Act.LOOK)
def show_interest(request: HttpRequest, desk: Desk, mailing_id: int) -> HttpResponse:
    """Show an edition with what was followed of each of its articles, in a frame."""
    mailing = find_mailing(desk, mailing_id)
    frozen = list(_list_editions(mailing))
    wanted = request.GET.get("language", "")
    chosen = next((each for each in frozen if each.language == wanted), next(iter(frozen), None))
    return show(
        request,
        desk,
        "interest",
        mailing=mailing,
        issue=mailing.issue,
        chosen=chosen,
        languages=[(each.language, name_language(each.language)) for each in frozen],
    )


@xframe_options_sameorigin
@desk_page(Act.LOOK)
def show_interest_page(
    request: HttpRequest, desk: Desk, mailing_id: int, language: str
) -> HttpResponse:
    """Send the frozen edition for the frame, with a mark below each article's title."""
    mailing = find_mailing(desk, mailing_id)
    frozen = get_object_or_404(_list_editions(mailing), language=language)
    mark = _make_mark(read_reading(mailing), by_people=frozen.signals == Signals.PEOPLE)
    return show_safely(request, fill(mark_headings(frozen.html, mark)))


def _list_editions(mailing: Mailing) -> QuerySet[FrozenEdition]:
    return mailing.frozen_editions.filter(variant="").order_by("language")


def _make_mark(reading: Reading, *, by_people: bool) -> Callable[[str, str], str]:
    """Return what writes an article's mark; a title that nothing links from has none."""
    counts = {
        (each.anchor, each.article): each.people if by_people else each.clicks
        for each in reading.articles
        if each.article
    }
    most = max(counts.values(), default=0)
    one, many = PEOPLE if by_people else CLICKS

    def mark(anchor: str, title: str) -> str:
        # What was frozen before anchors were kept is known by its title alone.
        count = counts.get((anchor, title), counts.get(("", title)))
        if count is None:
            return ""
        light = LIGHTEST - (LIGHTEST - DARKEST) * count // max(most, 1)
        return format_html(MARK, light=light, words=f"{count:,} {one if count == 1 else many}")

    return mark
