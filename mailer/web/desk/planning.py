"""Planning a mailing: its lists, segment and time; then one page that says what will happen."""

from __future__ import annotations

import hashlib

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from mailer.dispatch.checking.check import Checked, check_issue
from mailer.dispatch.control.schedule import create_mailing, schedule_mailing
from mailer.dispatch.planning.foresee import foresee
from mailer.dispatch.planning.waves import read_clock
from mailer.dispatch.planning.whom import read_whom
from mailer.dispatch.tasks import wake_scheduler
from mailer.errors import MastheadError
from mailer.models import Issue, Mailing, MailingState, PastZones, Timing
from mailer.web.desk.audit import record
from mailer.web.desk.checks import accept_all
from mailer.web.desk.clock import tell_time
from mailer.web.desk.entry import FORM, Desk, desk_page, show
from mailer.web.desk.figures import read_zones
from mailer.web.desk.issues import find_issue, name_language
from mailer.web.desk.mailings import find_mailing
from mailer.web.desk.permissions import Act
from mailer.web.desk.plan import (
    PlanForm,
    is_asked_to_count,
    make_form,
    name_reasons,
    show_count,
)


@desk_page(Act.PLAN, methods=FORM)
def plan_issue(request: HttpRequest, desk: Desk, number: int) -> HttpResponse:
    """Ask to whom and when an issue is to go, and keep the answer as a draft."""
    issue = find_issue(desk, number)
    form = make_form(request, desk)
    if is_asked_to_count(request):
        return show_count(request, desk, form)
    if not form.is_valid():
        return show(request, desk, "plan", issue=issue, form=form)
    with transaction.atomic():
        mailing = create_mailing(issue, lists=form.cleaned_data["lists"], now=timezone.now())
        _keep(desk, mailing, form, "drafted a mailing")
    return redirect("desk:check", desk.publication.slug, mailing.pk)


@desk_page(Act.PLAN, methods=FORM)
def change_plan(request: HttpRequest, desk: Desk, mailing_id: int) -> HttpResponse:
    """Ask once more to whom and when a draft is to go."""
    mailing = find_mailing(desk, mailing_id)
    if mailing.state != MailingState.DRAFT:
        return redirect("desk:sending", desk.publication.slug, mailing.pk)
    form = make_form(request, desk, mailing)
    if is_asked_to_count(request):
        return show_count(request, desk, form, mailing)
    if not form.is_valid():
        return show(request, desk, "plan", issue=mailing.issue, form=form, mailing=mailing)
    with transaction.atomic():
        _keep(desk, mailing, form, "changed a draft of a mailing")
    return redirect("desk:check", desk.publication.slug, mailing.pk)


@desk_page(Act.LOOK)
def check_plan(request: HttpRequest, desk: Desk, mailing_id: int) -> HttpResponse:
    """Say in a sentence what will happen, to whom, and who is left out, before the button."""
    mailing = find_mailing(desk, mailing_id)
    if mailing.state != MailingState.DRAFT:
        return redirect("desk:sending", desk.publication.slug, mailing.pk)
    now = timezone.now()
    foreseen, problem = None, ""
    checked: list[Checked] = []
    try:
        foreseen = foresee(read_whom(mailing), now=now, read_zones=read_zones)
        checked = check_issue(mailing.issue)
    except MastheadError as error:
        problem = str(error)
    languages = [name_language(each.language) for each in mailing.issue.editions.all()]
    return show(
        request,
        desk,
        "check",
        mailing=mailing,
        issue=mailing.issue,
        languages=languages,
        lists=mailing.lists.all(),
        without=[name for name, _ in read_whom(mailing).without],
        when=tell_time(mailing.scheduled_at, mailing.time_zone) if mailing.scheduled_at else "",
        foreseen=foreseen,
        left_out=name_reasons(foreseen),
        problem=problem or mailing.problem,
        seen=hash_issue(mailing.issue),
        errors=sum(len(each.errors) for each in checked),
        warnings=sum(len(each.open_warnings) for each in checked),
    )


@desk_page(Act.SEND, methods=("POST",))
def confirm_plan(request: HttpRequest, desk: Desk, mailing_id: int) -> HttpResponse:
    """Do what the page before has said, if the issue is still what was looked at."""
    mailing = find_mailing(desk, mailing_id)
    back = redirect("desk:check", desk.publication.slug, mailing.pk)
    if mailing.state != MailingState.DRAFT:
        return back
    if request.POST.get("seen") != hash_issue(mailing.issue):
        messages.error(request, "The issue was changed since you looked: look once more.")
        return back
    try:
        checked = check_issue(mailing.issue)
        with transaction.atomic():
            # Whoever presses the button was told of them on the page that has it.
            accept_all(desk, checked)
            _schedule(mailing)
            after = {"state": mailing.state, "at": mailing.scheduled_at, "zone": mailing.time_zone}
            record(desk, "scheduled", mailing, before={"state": "draft"}, after=after)
    except (MastheadError, ValueError) as error:
        messages.error(request, str(error))
        return back
    transaction.on_commit(wake_scheduler)
    return redirect("desk:sending", desk.publication.slug, mailing.pk)


def hash_issue(issue: Issue) -> str:
    """Return what tells whether any edition of an issue is another than it was."""
    editions = issue.editions.order_by("language").values_list("language", "content_hash")
    return hashlib.sha256(repr(list(editions)).encode()).hexdigest()


def _schedule(mailing: Mailing) -> None:
    """Schedule a draft for the time that it remembers. Of two clicks the second is refused."""
    now = read_clock(mailing)
    at, timing = mailing.scheduled_at, Timing(mailing.timing)
    if at is None:
        at, timing = now, Timing.FIXED
    elif at < now:
        raise ValueError("The time is past by now: change it.")
    schedule_mailing(
        mailing,
        at=at,
        time_zone=mailing.time_zone,
        timing=timing,
        past_zones=PastZones(mailing.past_zones),
    )


def _keep(desk: Desk, mailing: Mailing, form: PlanForm, act: str) -> None:
    """Write the answers on the draft's row, unless it is none any more."""
    found = form.cleaned_data
    changes = {
        "segment": found["segment"],
        "without_segment": found["without_segment"],
        "scheduled_at": found["instant"],
        "time_zone": found["time_zone"],
        "timing": found["timing"],
    }
    Mailing.objects.filter(pk=mailing.pk, state=MailingState.DRAFT).update(**changes, problem="")
    mailing.refresh_from_db()
    less = found.get("without_lists", ())
    mailing.lists.set(found["lists"])
    mailing.without_lists.set(less)
    after = {
        "lists": ", ".join(each.name for each in found["lists"]),
        "segment": str(found["segment"] or ""),
        "not to the lists": ", ".join(each.name for each in less),
        "not to the segment": str(found["without_segment"] or ""),
        "at": found["instant"] or "at once",
        "zone": found["time_zone"],
    }
    record(desk, act, mailing, after=after)
