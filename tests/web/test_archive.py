"""The archive shows what was sent to public lists, and nothing else."""

from __future__ import annotations

import pytest

from mailer.dispatch.control.cancel import cancel_mailing
from mailer.models import (
    Delivery,
    Edition,
    FrozenEdition,
    Issue,
    Mailing,
    MailingState,
    Publication,
)
from subscribers.models import List
from tests.fakes.world import NOW, join, make_edition


def test_the_first_page_lists_the_publications_of_which_something_was_sent(client, published):
    assert "The Harbour Letter" in client.get("/").content.decode()


def test_the_first_page_names_no_publication_that_nobody_may_read(client, edition):
    assert "The Harbour Letter" not in client.get("/").content.decode()


def test_the_first_page_names_no_publication_for_private_lists(client, published):
    List.objects.update(public=False)

    assert "The Harbour Letter" not in client.get("/").content.decode()


def test_an_empty_first_page_says_what_will_stand_there(client, db):
    assert "Nothing is published here yet" in client.get("/").content.decode()


def test_a_sent_issue_stands_in_the_archive(client, published):
    page = client.get("/archive/harbour/").content.decode()

    assert "Spring" in page
    assert "/archive/harbour/7/en/" in page


def test_an_issue_that_was_not_sent_does_not(client, edition):
    page = client.get("/archive/harbour/").content.decode()

    assert "Spring" not in page
    assert client.get("/archive/harbour/7/en/").status_code == 404


def test_an_edition_that_came_after_the_mailing_is_not_listed(client, published):
    make_edition(Publication.objects.get(), language="fr", subject="Printemps")

    page = client.get("/archive/harbour/").content.decode()

    assert "Printemps" not in page
    assert "/fr/" not in page


def test_the_subject_is_the_one_that_was_sent(client, published):
    make_edition(Publication.objects.get(), subject="Summer, not sent")

    page = client.get("/archive/harbour/").content.decode()

    assert "Spring" in page
    assert "Summer" not in page


def test_a_mailing_that_was_cancelled_half_way_keeps_its_web_version(client, published, readers):
    place = join("ada@people.example", readers)
    Delivery.objects.create(
        mailing=published, subscriber=place.subscriber, list=readers, state="accepted"
    )
    cancel_mailing(published, now=NOW)

    assert client.get("/archive/harbour/7/en/").status_code == 200
    assert "Spring" in client.get("/archive/harbour/").content.decode()


@pytest.mark.parametrize("state", [MailingState.CANCELLED, MailingState.HELD])
def test_a_mailing_of_which_nothing_left_is_not_published(client, published, state):
    Mailing.objects.update(state=state)

    assert client.get("/archive/harbour/7/en/").status_code == 404
    assert "Spring" not in client.get("/archive/harbour/").content.decode()


@pytest.mark.parametrize(
    ("published_on", "language", "shown"),
    [
        ("2026-03", "en", ["March 2026", "English"]),
        ("2026-03-14", "fr", ["14 mars 2026", "français"]),
        ("2026", "zh", ["2026", "中文"]),
        ("spring", "tlh", ["spring", "tlh"]),
        ("2026-13", "en", ["2026-13"]),
    ],
)
def test_dates_and_languages_stand_in_words(client, published, published_on, language, shown):
    Issue.objects.update(published=published_on)
    Edition.objects.update(language=language)
    FrozenEdition.objects.update(language=language)

    page = client.get("/archive/harbour/").content.decode()

    assert [words for words in shown if f">{words}<" not in page] == []


def test_an_issue_for_private_lists_never_appears(client, published):
    List.objects.update(public=False)

    assert "Spring" not in client.get("/archive/harbour/").content.decode()
    assert client.get("/archive/harbour/7/en/").status_code == 404


def test_readers_of_private_lists_can_read_it_under_their_address(client, published):
    List.objects.update(public=False)

    page = client.get(FrozenEdition.objects.get().get_absolute_url())

    assert "The lighthouse is lit again" in page.content.decode()


@pytest.mark.parametrize("token", ["1", "1:forged", "x" * 500, "1:é"])
def test_a_forged_address_shows_nothing(client, published, token):
    assert client.get(f"/read/{token}/").status_code == 404


def test_the_web_version_shows_what_was_sent_and_knows_no_reader(client, published):
    page = client.get("/archive/harbour/7/en/")

    html = page.content.decode()
    assert "The lighthouse is lit again" in html
    assert "MHSLOT" not in html
    assert "/u/" not in html


def test_the_web_version_says_nothing_that_is_for_one_reader(client, published):
    html = client.get("/archive/harbour/7/en/").content.decode()

    assert "Harbour Institute" in html
    assert [words for words in ("sent to", "Unsubscribe", "references") if words in html] == []


def test_the_web_version_runs_no_script_and_reaches_no_other_host(client, published):
    policy = client.get("/archive/harbour/7/en/").headers["Content-Security-Policy"]

    assert "default-src 'none'" in policy
    assert "script-src 'none'" in policy
    assert "img-src 'self'" in policy


def test_a_host_header_does_not_get_into_the_page(client, published, settings):
    settings.ALLOWED_HOSTS = ["*"]

    page = client.get("/archive/harbour/7/en/", headers={"host": "evil.example"})

    assert "evil.example" not in page.content.decode()


def test_the_archive_has_a_bound_on_its_queries(client, published, django_assert_max_num_queries):
    with django_assert_max_num_queries(3):
        client.get("/archive/harbour/")


def test_a_name_is_shown_as_text(client, edition):
    Publication.objects.update(name="<script>alert(1)</script>")

    assert "<script>" not in client.get("/").content.decode()


def test_nothing_changes_by_post(client, published):
    assert client.post("/archive/harbour/").status_code == 405


def test_the_footer_that_is_for_a_reader_alone_leaves_no_empty_band(client, published):
    mailed = FrozenEdition.objects.get().html
    page = client.get("/archive/harbour/7/en/").content.decode()

    # The frame round the page stands above it, and below it only in a reader's own message.
    assert mailed.count('<div class="frame pad"') == 2
    assert page.count('<div class="frame pad"') == 1
    assert page.count("<div") == page.count("</div>")
    assert page.count("<table") == page.count("</table>")
