"""The addresses of the API, first version."""

from __future__ import annotations

from django.urls import path, re_path

from mailer.web.api import entry, mailings, people

app_name = "api"

urlpatterns = [
    path("lists", people.list_lists, name="lists"),
    path("lists/<slug:group>/people", people.add_to_list, name="add"),
    path("lists/<slug:group>/people/remove", people.take_off_list, name="remove"),
    path("mailings", mailings.list_mailings, name="mailings"),
    path("mailings/<int:mailing_id>", mailings.show_mailing, name="mailing"),
    re_path("", entry.answer_unknown, name="unknown"),
]
