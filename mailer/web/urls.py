"""The addresses of the public archive and its pictures."""

from __future__ import annotations

from django.urls import path

from mailer.web import archive, pictures, signals, webhooks

app_name = "archive"

urlpatterns = [
    path("", archive.list_publications, name="publications"),
    path("archive/<slug:slug>/", archive.show_publication, name="publication"),
    path(
        "archive/<slug:slug>/<int:number>/<slug:language>/",
        archive.show_edition,
        name="edition",
    ),
    path("read/<str:token>/", archive.show_reading, name="reading"),
    path("c/<str:token>/<int:number>", signals.follow_link, name="link"),
    path("o/<str:token>.gif", signals.show_pixel, name="pixel"),
    path("webhooks/<slug:provider>", webhooks.take_events, name="webhook"),
    path("pictures/<str:name>", pictures.show_picture, name="picture"),
]
