"""What was followed of an issue, shown on the issue itself."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from mailer.content.parse import parse_issue
from mailer.dispatch.control.schedule import create_mailing, schedule_mailing, start_due_mailings
from mailer.dispatch.editions.intake import store_issue
from mailer.dispatch.freezing.freeze import freeze_mailing
from mailer.dispatch.planning.plan import plan_slice
from mailer.models import Delivery, Link, Mailing, MailingState, Signal
from tests.fakes.world import ISSUE_FILE, NOW

TEXT = ISSUE_FILE.format(number=7, language="en", subject="Spring") + (
    "\nSee [the lamp](https://example.org/lamp).\n\n## Tide & wind\n\n"
    "Read of [the tide](https://example.org/tide).\n\n## No link\n\nNothing to follow.\n"
)
TWICE = "\n## Tide & wind\n\nMore of [the wind](https://example.org/wind).\n"


def find(mailing: Mailing, name: str = "interest", *more: str) -> str:
    return reverse(f"desk:{name}", args=["harbour", mailing.pk, *more])


@pytest.fixture
def send(edition, readers, settings):
    """Send the issue with so much counted, two of its readers having followed the tide."""

    def send(signals: str, more: str = "") -> Mailing:
        settings.SIGNALS = signals
        readers.signals = signals
        readers.save()
        document = parse_issue(TEXT + more, file="issue.md", load_picture=None)
        store_issue(document, publication=edition.issue.publication, now=NOW)
        mailing = create_mailing(edition.issue, lists=[readers], now=NOW)
        schedule_mailing(mailing, at=NOW)
        start_due_mailings(now=timezone.now())
        mailing.refresh_from_db()
        frozen = freeze_mailing(mailing, now=NOW)
        while mailing.state == MailingState.PLANNING:
            plan_slice(mailing, frozen, now=NOW)
        return mailing

    return send


def follow(mailing: Mailing, article: str, people: int, **which: str) -> None:
    link = Link.objects.get(frozen_edition__mailing=mailing, article=article, **which)
    for delivery in Delivery.objects.filter(mailing=mailing)[:people]:
        Signal.objects.create(
            delivery=delivery,
            number=link.number,
            by_machine=False,
            times=2,
            first_at=NOW,
            last_at=NOW,
        )


def test_each_article_with_links_says_how_many_people_followed_one(viewer, send):
    mailing = send("people")
    follow(mailing, "Tide & wind", 2)
    follow(mailing, "The lighthouse is lit again", 1)

    page = viewer.get(find(mailing)).content.decode()
    frame = viewer.get(find(mailing, "interest_page", "en"))
    text = frame.content.decode()

    assert find(mailing, "interest_page", "en") in page
    assert text.index("Tide") < text.index("2 people followed a link")
    assert text.index("1 person followed a link") < text.rindex("Tide")
    assert text.count("followed a link") == 2
    assert "sandbox" in frame["Content-Security-Policy"]


def test_two_articles_of_one_title_have_each_its_own_figure(viewer, send):
    mailing = send("people", TWICE)
    follow(mailing, "Tide & wind", 3, anchor="tide-wind")
    follow(mailing, "Tide & wind", 1, anchor="tide-wind-2")

    text = viewer.get(find(mailing, "interest_page", "en")).content.decode()
    report = viewer.get(find(mailing, "report")).content.decode()

    assert text.index("3 people followed a link") < text.index("1 person followed a link")
    assert "<bdi>Tide &amp; wind</bdi>" in report
    assert "<bdi>Tide &amp; wind (2)</bdi>" in report


def test_what_was_frozen_before_anchors_were_kept_is_known_by_its_title(viewer, send):
    mailing = send("people")
    Link.objects.update(anchor="")
    follow(mailing, "Tide & wind", 2)

    text = viewer.get(find(mailing, "interest_page", "en")).content.decode()

    assert "2 people followed a link" in text


def test_where_no_person_is_counted_clicks_are(viewer, send):
    mailing = send("totals")
    Link.objects.filter(article="Tide & wind").update(clicks=1200)

    text = viewer.get(find(mailing, "interest_page", "en")).content.decode()

    assert "1,200 clicks" in text
    assert "0 clicks" in text


def test_what_was_not_frozen_or_not_written_is_not_there(viewer, mailing, send):
    assert b"not rendered yet" in viewer.get(find(mailing)).content

    sent = send("off")

    assert viewer.get(find(sent)).status_code == 200
    assert viewer.get(find(sent, "interest_page", "fr")).status_code == 404
    assert b"followed a link" not in viewer.get(find(sent, "interest_page", "en")).content
