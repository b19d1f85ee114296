"""A mailing at work: how far it is, live; paused, gone on with, taken back, cancelled."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import redis
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone

from mailer.dispatch.control.cancel import cancel_mailing
from mailer.dispatch.control.schedule import pause_mailing, resume_mailing
from mailer.dispatch.control.steer import send_now
from mailer.dispatch.tasks import wake_scheduler
from mailer.errors import MastheadError
from mailer.models import DeliveryState, Mailing, MailingState
from mailer.results.counters import connect, read_rate
from mailer.results.report import Report
from mailer.web.desk.audit import record
from mailer.web.desk.clock import tell_time
from mailer.web.desk.entry import FORM, PRESS, Desk, desk_page, show
from mailer.web.desk.figures import read_failures, read_report
from mailer.web.desk.permissions import Act

LARGEST_ID = 2**63 - 1
LIVE = (MailingState.SCHEDULED, MailingState.PLANNING, MailingState.SENDING)
Verb = Callable[[Mailing], None]


def find_mailing(desk: Desk, mailing_id: int) -> Mailing:
    """Return one of the publication's mailings. Raises Http404."""
    return get_object_or_404(
        Mailing.objects.select_related("issue__publication", "segment", "follows"),
        pk=min(mailing_id, LARGEST_ID),
        issue__publication=desk.publication,
    )


@desk_page(Act.LOOK)
def show_sending(request: HttpRequest, desk: Desk, mailing_id: int) -> HttpResponse:
    """Show how far a mailing is; asked by the page itself, send only what changes."""
    mailing = find_mailing(desk, mailing_id)
    if mailing.state == MailingState.DRAFT:
        return redirect("desk:check", desk.publication.slug, mailing.pk)
    report, counted_at = read_report(mailing)
    failures = read_failures(mailing)
    to_go = report.audience - sum(report.skipped.values())
    rate = _read_rate() if mailing.state == MailingState.SENDING else None
    at = mailing.finished_at or mailing.scheduled_at
    fragment = request.headers.get("HX-Request") == "true"
    return show(
        request,
        desk,
        "progress" if fragment else "sending",
        mailing=mailing,
        issue=mailing.issue,
        report=report,
        total=to_go,
        percent=percent(report),
        rate=rate,
        minutes_left=-(-report.waiting // int(rate * 60)) if rate and rate >= 1 else None,
        when=tell_time(at, mailing.time_zone) if at else "",
        counted_at=counted_at,
        failures=failures[DeliveryState.FAILED],
        delays=failures[DeliveryState.DEFERRED],
        live=mailing.state in LIVE,
    )


def percent(report: Report) -> int:
    """Return how much of what is to be sent has been decided, in whole percents, rounded down."""
    total = report.audience - sum(report.skipped.values())
    return 100 * (total - report.waiting) // total if total else 0


@desk_page(Act.SEND, methods=FORM)
def cancel(request: HttpRequest, desk: Desk, mailing_id: int) -> HttpResponse:
    """Ask for the issue's number, and end the mailing for good."""
    mailing = find_mailing(desk, mailing_id)
    report, _ = read_report(mailing)
    context: dict[str, Any] = {"mailing": mailing, "issue": mailing.issue, "report": report}
    if request.method != "POST":
        return show(request, desk, "cancel", **context)
    if request.POST.get("number", "").strip() != str(mailing.issue.number):
        words = f"Nothing was cancelled. Type the issue’s number, {mailing.issue.number}."  # noqa: RUF001
        return show(request, desk, "cancel", status=422, wrong=words, **context)
    _do(request, desk, mailing, "cancelled", partial(cancel_mailing, now=timezone.now()))
    return redirect("desk:sending", desk.publication.slug, mailing.pk)


def _make_verb(act: Act, done: str, verb: Verb) -> Callable[..., HttpResponseBase]:
    """Make a page that is pressed, not looked at."""

    @desk_page(act, methods=PRESS)
    def press(request: HttpRequest, desk: Desk, mailing_id: int) -> HttpResponse:
        mailing = find_mailing(desk, mailing_id)
        _do(request, desk, mailing, done, verb)
        return redirect("desk:sending", desk.publication.slug, mailing.pk)

    return press


def _take_back(mailing: Mailing) -> None:
    mailing.move(MailingState.DRAFT, only_from=(MailingState.SCHEDULED, MailingState.HELD))


pause = _make_verb(Act.PAUSE, "paused", pause_mailing)
resume = _make_verb(Act.SEND, "resumed", resume_mailing)
go_on = _make_verb(Act.SEND, "let go on, late as it is,", send_now)
take_back = _make_verb(Act.SEND, "took back to draft", _take_back)


def _do(request: HttpRequest, desk: Desk, mailing: Mailing, done: str, verb: Verb) -> None:
    """Do it, and write it down; or say why it can't be done."""
    before = mailing.state
    try:
        with transaction.atomic():
            verb(mailing)
            mailing.refresh_from_db()
            record(desk, done, mailing, before={"state": before}, after={"state": mailing.state})
    except (MastheadError, ValueError) as error:
        messages.error(request, str(error))
        return
    transaction.on_commit(wake_scheduler)


def _read_rate() -> float | None:
    """Return the messages a second that the installation sends, if Redis tells."""
    try:
        return read_rate(connect(), now=time.time())
    except redis.RedisError:
        return None
