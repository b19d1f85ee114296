"""Masthead's addresses, and those of the readers' mailboxes."""

from __future__ import annotations

from django.urls import include, path

from mailer.demo import web

demo_urls = [
    path("", web.list_mailboxes, name="mailboxes"),
    path("mailbox/<str:recipient>/", web.show_mailbox, name="mailbox"),
    path("message/<int:number>/", web.show_message, name="message"),
    path("message/<int:number>/html", web.show_html, name="html"),
    path("message/<int:number>/message.eml", web.download, name="eml"),
]

urlpatterns = [
    path("demo/", include((demo_urls, "demo"))),
    path("", include("mailer.urls")),
]
