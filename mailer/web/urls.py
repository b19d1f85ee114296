"""The addresses of the public archive and its pictures."""

from __future__ import annotations

from django.urls import path

from mailer.web import archive, pictures, signals, webhooks
from mailer.web.reading import articles, feeds, printing

app_name = "archive"

urlpatterns = [
    path("", archive.list_publications, name="publications"),
    path("archive/<slug:slug>/", archive.show_publication, name="publication"),
    path(
        "archive/<slug:slug>/<int:number>/<slug:language>/",
        archive.show_edition,
        name="edition",
    ),
    path("archive/<slug:slug>/feed.atom", feeds.show_atom, name="atom"),
    path("archive/<slug:slug>/feed.json", feeds.show_json, name="json"),
    path("archive/<slug:slug>/<int:number>/", articles.show_issue, name="issue"),
    path(
        "archive/<slug:slug>/<int:number>/<slug:language>/print.pdf",
        printing.show_print,
        name="print",
    ),
    path(
        "archive/<slug:slug>/<int:number>/<slug:language>/<slug:anchor>/",
        articles.show_article,
        name="article",
    ),
    path("sitemap.xml", feeds.show_map, name="map"),
    path("robots.txt", feeds.show_robots, name="robots"),
    path("read/<str:token>/", archive.show_reading, name="reading"),
    path("c/<str:token>/<int:number>", signals.follow_link, name="link"),
    path("o/<str:token>.gif", signals.show_pixel, name="pixel"),
    path("webhooks/<slug:provider>", webhooks.take_events, name="webhook"),
    path("pictures/<str:name>", pictures.show_picture, name="picture"),
]
