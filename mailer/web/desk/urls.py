"""The addresses of the desk. Each page says itself for which act it is (see ``entry``)."""

from __future__ import annotations

from django.urls import path

from mailer.web.desk import (
    audit,
    calendar,
    checks,
    doors,
    first,
    following,
    interest,
    issues,
    mailings,
    planning,
    preview,
    report,
    sight,
    taking_in,
    today,
    trials,
)
from mailer.web.desk.editing import urls as editing
from mailer.web.desk.house import urls as house
from mailer.web.desk.people import urls as people
from mailer.web.desk.signing import urls as signing

app_name = "desk"

OWN = "<slug:slug>/"
ISSUE = f"{OWN}issues/<int:number>/"
EDITION = f"{ISSUE}editions/<slug:language>/"
MAILING = f"{OWN}mailings/<int:mailing_id>/"

urlpatterns = [
    path("", doors.choose_publication, name="publications"),
    # No publication is called so: a tilde stands in no short name.
    path("~first/<str:token>/", first.begin, name="first"),
    path(OWN, today.show_today, name="today"),
    path(f"{OWN}issues/", issues.list_issues, name="issues"),
    path(f"{OWN}issues/new/", taking_in.take_in, name="take_in"),
    path(ISSUE, issues.show_issue, name="issue"),
    path(EDITION, preview.show_preview, name="preview"),
    path(f"{EDITION}page", preview.show_page, name="page"),
    path(f"{EDITION}source", preview.download_source, name="source"),
    path(f"{ISSUE}checks/", checks.show_checks, name="checks"),
    path(f"{EDITION}accept", checks.accept_warnings, name="accept"),
    path(f"{EDITION}visit", checks.visit_links, name="visit"),
    path(f"{ISSUE}send/", planning.plan_issue, name="plan"),
    path(f"{ISSUE}try/", trials.try_issue, name="try"),
    path(f"{ISSUE}try/page", sight.show_as_reader, name="as_reader"),
    path(MAILING, mailings.show_sending, name="sending"),
    path(f"{MAILING}plan/", planning.change_plan, name="change_plan"),
    path(f"{MAILING}check/", planning.check_plan, name="check"),
    path(f"{MAILING}confirm", planning.confirm_plan, name="confirm"),
    path(f"{MAILING}pause", mailings.pause, name="pause"),
    path(f"{MAILING}resume", mailings.resume, name="resume"),
    path(f"{MAILING}go-on", mailings.go_on, name="go_on"),
    path(f"{MAILING}take-back", mailings.take_back, name="take_back"),
    path(f"{MAILING}cancel/", mailings.cancel, name="cancel"),
    path(f"{MAILING}report/", report.show_report, name="report"),
    path(f"{MAILING}report.csv", report.download_report, name="report_csv"),
    path(f"{MAILING}interest/", interest.show_interest, name="interest"),
    path(f"{MAILING}interest/<slug:language>", interest.show_interest_page, name="interest_page"),
    path(f"{MAILING}retry", following.retry_failed, name="retry"),
    path(f"{MAILING}correct", following.send_correction, name="correct"),
    path(f"{OWN}calendar/", calendar.show_calendar, name="calendar"),
    path(f"{OWN}audit/", audit.list_entries, name="audit"),
    *editing.urlpatterns,
    *signing.urlpatterns,
    *people.urlpatterns,
    *house.urlpatterns,
]
