"""The issues of a publication, and one of them: its editions and its mailings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _

from mailer.models import Issue, Mailing, MailingState, Publication
from mailer.rendering.language import find_direction, find_locale
from mailer.web.desk.clock import tell_time
from mailer.web.desk.entry import Desk, desk_page, show
from mailer.web.desk.permissions import Act
from mailer.web.desk.sorting import Order, choose_order, offer, read_search

PAGE_SIZE = 20
# The largest number that every database keeps in the column.
LARGEST_NUMBER = 2**31 - 1
ORDERS: Mapping[str, Order] = {
    "number": Order(words=_("highest number"), column="number", descending=True),
    "first": Order(words=_("lowest number"), column="number"),
    "date": Order(words=_("latest date"), column="published", descending=True, has_ties=True),
}


@desk_page(Act.LOOK)
def list_issues(request: HttpRequest, desk: Desk) -> HttpResponse:
    """List the issues; ``q`` searches in numbers, dates and subjects."""
    search = read_search(request.GET)
    order, sort = choose_order(request.GET, ORDERS)
    found = order.sort(_search(desk.publication, search)).prefetch_related("editions", "mailings")
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    rows = [(issue, issue.editions.all(), _stand(issue)) for issue in page]
    context: dict[str, Any] = {"page": page, "rows": rows, "search": search}
    return show(request, desk, "issues", **context, **offer(ORDERS, sort))


def _search(publication: Publication, search: str) -> QuerySet[Issue]:
    issues = Issue.objects.filter(publication=publication)
    if not search:
        return issues
    wanted = Q(editions__subject__icontains=search) | Q(published__startswith=search)
    if search.isascii() and search.isdecimal() and int(search) <= LARGEST_NUMBER:
        wanted |= Q(number=int(search))
    return issues.filter(wanted).distinct()


def _stand(issue: Issue) -> str:
    """Return in a word or two how far an issue has come."""
    states = {mailing.state for mailing in issue.mailings.all()}
    for state in (
        *(MailingState.HELD, MailingState.PAUSED, MailingState.SENDING, MailingState.PLANNING),
        *(MailingState.SCHEDULED, MailingState.SENT),
    ):
        if state in states:
            return str(state.label)
    return "not sent"


def find_issue(desk: Desk, number: int) -> Issue:
    """Return an issue of the publication. Raises Http404."""
    if number > LARGEST_NUMBER:
        number = 0  # which no issue has
    return get_object_or_404(
        Issue.objects.select_related("publication"), publication=desk.publication, number=number
    )


@desk_page(Act.LOOK)
def show_issue(request: HttpRequest, desk: Desk, number: int) -> HttpResponse:
    """Show an issue: its editions, what was sent of it, and what can be done next."""
    issue = find_issue(desk, number)
    drafts = {draft.language: draft for draft in issue.drafts.all()}
    editions = [
        (edition, name_language(edition.language), drafts.pop(edition.language, None))
        for edition in issue.editions.all()
    ]
    begun = [(draft, name_language(draft.language)) for draft in drafts.values()]
    mailings = Mailing.objects.filter(issue=issue).prefetch_related("lists").order_by("-id")
    rows = [(each, _tell_when(each)) for each in mailings]
    return show(request, desk, "issue", issue=issue, editions=editions, drafts=begun, mailings=rows)


def name_language(tag: str) -> str:
    """Return a language's name in English, or its tag where that is not known."""
    locale = find_locale(tag)
    is_known = locale.language == tag.partition("-")[0].lower()
    return (locale.get_display_name("en") if is_known else None) or tag


def turn(tag: str) -> str:
    """Return the direction in which a language is written, as HTML names it."""
    return find_direction(tag).value


def _tell_when(mailing: Mailing) -> str:
    if mailing.finished_at:
        return tell_time(mailing.finished_at, mailing.time_zone)
    return tell_time(mailing.scheduled_at, mailing.time_zone) if mailing.scheduled_at else ""
