"""The addresses of the desk. Each page says itself for which act it is (see ``entry``)."""

from __future__ import annotations

from django.urls import path

from mailer.web.desk import audit, doors, issues, preview, taking_in, today

app_name = "desk"

OWN = "<slug:slug>/"
ISSUE = f"{OWN}issues/<int:number>/"
EDITION = f"{ISSUE}<slug:language>/"

urlpatterns = [
    path("", doors.choose_publication, name="publications"),
    path(OWN, today.show_today, name="today"),
    path(f"{OWN}issues/", issues.list_issues, name="issues"),
    path(f"{OWN}issues/new/", taking_in.take_in, name="take_in"),
    path(ISSUE, issues.show_issue, name="issue"),
    path(EDITION, preview.show_preview, name="preview"),
    path(f"{EDITION}page", preview.show_page, name="page"),
    path(f"{EDITION}source", preview.download_source, name="source"),
    path(f"{OWN}audit/", audit.list_entries, name="audit"),
]
