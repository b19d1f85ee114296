"""What became of a mailing, in figures that add up: a page, and a file."""

from __future__ import annotations

import csv
from collections.abc import Iterator

from django.http import HttpRequest, HttpResponse

from mailer.models import DeliveryState, Mailing, SkipReason
from mailer.results.reading import Reading, tell_apart
from mailer.results.report import Report
from mailer.web.desk.clock import tell_time
from mailer.web.desk.courses import lay_out_courses
from mailer.web.desk.entry import Desk, desk_page, show
from mailer.web.desk.figures import read_failures, read_reading, read_report
from mailer.web.desk.mailings import find_mailing
from mailer.web.desk.permissions import Act
from subscribers.exporting.cells import defuse

Row = tuple[str, int]


@desk_page(Act.LOOK)
def show_report(request: HttpRequest, desk: Desk, mailing_id: int) -> HttpResponse:
    """Show a mailing's report."""
    mailing = find_mailing(desk, mailing_id)
    report, counted_at = read_report(mailing)
    reading = read_reading(mailing)
    return show(
        request,
        desk,
        "report",
        mailing=mailing,
        issue=mailing.issue,
        report=report,
        parts=list(_list_parts(report)),
        returns=_list_returns(report),
        counted_at=counted_at,
        failures=read_failures(mailing)[DeliveryState.FAILED],
        reading=reading,
        articles=list(tell_apart(reading.articles)),
        **lay_out_courses(mailing),
        when=_tell_when(mailing),
    )


@desk_page(Act.LOOK)
def download_report(_request: HttpRequest, desk: Desk, mailing_id: int) -> HttpResponse:
    """Send the same figures as CSV. It names no reader."""
    mailing = find_mailing(desk, mailing_id)
    report, _ = read_report(mailing)
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    name = f"{desk.publication.slug}-{mailing.issue.number}-mailing-{mailing.pk}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    writer = csv.writer(response)
    writer.writerow(["what", "count"])
    writer.writerows([*_list_parts(report), ("On the lists, in all", report.audience)])
    writer.writerows(_list_returns(report))
    writer.writerows(_list_reading(read_reading(mailing)))
    return response


def _list_parts(report: Report) -> Iterator[Row]:
    """Yield the parts that make up the whole audience."""
    yield "Accepted by the readers’ servers", report.accepted  # noqa: RUF001
    yield "Refused for good", report.failed
    yield "Uncertain: the reply was never seen", report.uncertain
    yield "Still waiting", report.waiting
    for skip, count in sorted(report.skipped.items()):
        label = SkipReason(skip).label if skip in SkipReason.values else skip
        yield f"Left out: {label}", count


def _list_returns(report: Report) -> list[Row]:
    return [
        ("Accepted after being deferred", report.deferred_then_accepted),
        ("Bounced later", report.bounced),
        ("Called spam", report.complained),
        ("Unsubscribed", report.unsubscribed),
    ]


def _list_reading(reading: Reading) -> Iterator[Row]:
    """Yield what was read, where it was counted, article by article."""
    if not reading.links:
        return
    yield "Opened", reading.opened
    yield "Opened by machines", reading.opened_by_machine
    yield "Clicked", reading.clicked
    for name, each in tell_apart(reading.articles):
        title = name or "elsewhere in the issue"
        yield defuse(f"Followed a link of: {title}"), each.people
        yield defuse(f"Clicks in: {title}"), each.clicks


def _tell_when(mailing: Mailing) -> str:
    at = mailing.finished_at or mailing.started_at or mailing.scheduled_at
    return tell_time(at, mailing.time_zone) if at else ""
