"""An issue as a chosen reader would get it: their edition, with what is for them of it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.html import escape
from django.views.decorators.clickjacking import xframe_options_sameorigin

from mailer.dispatch.freezing.freeze import render_edition
from mailer.dispatch.trials.reader import Sight, find_reader, foresee_sight
from mailer.errors import MastheadError
from mailer.models import Issue
from mailer.types import SLOT_PATTERN, SlotName
from mailer.web.desk.entry import Desk, desk_page
from mailer.web.desk.framing import fill, show_safely
from mailer.web.desk.issues import find_issue
from mailer.web.desk.permissions import Act, may
from subscribers.addresses import normalise


@xframe_options_sameorigin
@desk_page(Act.PLAN)
def show_as_reader(request: HttpRequest, desk: Desk, number: int) -> HttpResponse:
    """Send the page that a chosen reader would get; its links lead nowhere from there."""
    issue = find_issue(desk, number)
    sight, _wanted, _unknown = find_sight(request, desk, issue)
    if sight is None:
        return redirect("desk:try", desk.publication.slug, number)
    own = {SlotName.NAME.value: sight.reader.name, SlotName.EMAIL.value: sight.reader.email}
    try:
        page = render_edition(sight.edition, sight.segments).html
    except MastheadError as error:
        return HttpResponse(escape(str(error)), status=422)
    named = SLOT_PATTERN.sub(
        lambda slot: str(escape(own[slot[1]])) if slot[1] in own else slot[0], page
    )
    return show_safely(request, fill(named))


def find_sight(request: HttpRequest, desk: Desk, issue: Issue) -> tuple[Sight | None, str, bool]:
    """Return what the reader who was asked for would see, their address, and if they are unknown.

    Only who may see to whom mailings go may look at a reader.
    """
    wanted = (request.POST if request.method == "POST" else request.GET).get("reader", "").strip()
    if not wanted or not may(desk.role, Act.PLAN):
        return None, "", False
    try:
        reader = find_reader(issue, normalise(wanted[:320]))
        sight = foresee_sight(issue, reader, now=timezone.now()) if reader else None
    except MastheadError:
        return None, wanted, True
    return sight, wanted, sight is None
