from __future__ import annotations

from django.urls import resolve

from subscribers.links import preferences_url, unsubscribe_url
from subscribers.tokens import Purpose, read
from subscribers.web import views

WHO = {"subscriber_id": 5, "list_id": 2, "reference": 8}


def test_the_links_lead_to_the_pages(settings):
    settings.PUBLIC_URL = "https://letters.example"
    for url, view in (
        (unsubscribe_url(**WHO), views.unsubscribe),
        (preferences_url(**WHO), views.preferences),
    ):
        assert url.startswith("https://letters.example/")
        assert resolve(url.removeprefix("https://letters.example")).func is view


def test_the_links_carry_tokens_for_their_own_purpose():
    token = unsubscribe_url(**WHO).rpartition("/")[2]
    assert read(Purpose.UNSUBSCRIBE, token).reference == 8
    token = preferences_url(**WHO).rpartition("/")[2]
    assert read(Purpose.PREFERENCES, token).subscriber_id == 5
