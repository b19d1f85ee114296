"""The addresses of the desk. Each page says itself for which act it is (see ``entry``)."""

from __future__ import annotations

from django.urls import path

from mailer.web.desk import (
    audit,
    checks,
    doors,
    first,
    issues,
    mailings,
    planning,
    preview,
    report,
    taking_in,
    today,
)
from mailer.web.desk.editing import urls as editing

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
    path(f"{OWN}audit/", audit.list_entries, name="audit"),
    *editing.urlpatterns,
]
