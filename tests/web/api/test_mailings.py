"""A program reads what became of a publication's mailings, and of no other's."""

from __future__ import annotations

import pytest

from mailer.dispatch.control.schedule import create_mailing
from mailer.models import Delivery, Mailing, Publication
from mailer.results import figures
from mailer.web.api import mailings
from mailer.web.desk import figures as desk_figures
from tests.fakes.world import NOW, make_edition, make_list


@pytest.fixture
def issue(publication, readers):
    return make_edition(publication).issue


def test_a_mailing_is_told_with_a_report_that_adds_up(ask, issue, readers):
    mailing = create_mailing(issue, lists=[readers], now=NOW)

    told = ask(f"mailings/{mailing.pk}").json()

    assert (told["issue"], told["state"]) == (7, "draft")
    assert told["report"]["audience"] == 0
    assert set(told["report"]) >= {"accepted", "failed", "skipped", "bounced"}


def test_a_report_that_took_long_is_told_as_it_was_kept(ask, issue, readers, monkeypatch):
    monkeypatch.setattr(figures, "SLOW_MS", 0)
    monkeypatch.setattr(desk_figures, "wake_counter", lambda _: None)
    mailing = create_mailing(issue, lists=[readers], now=NOW)
    ask(f"mailings/{mailing.pk}")
    Delivery.objects.create(mailing=mailing, list=readers, email="ada@people.example")

    told = [ask(f"mailings/{mailing.pk}").json() for _ in range(2)]

    assert [each["report"]["audience"] for each in told] == [0, 0]
    assert told[0]["counted_at"] == told[1]["counted_at"]


def test_all_of_them_are_paged_through(ask, issue, readers, monkeypatch):
    monkeypatch.setattr(mailings, "PAGE_SIZE", 2)
    made = [create_mailing(issue, lists=[readers], now=NOW).pk for _ in range(5)]
    seen, before = [], ""

    while before is not None:
        page = ask(f"mailings?before={before}").json()
        seen += [each["id"] for each in page["mailings"]]
        before = page["before"]

    assert seen == made[::-1]


@pytest.mark.parametrize("before", ["x", "-1", "9" * 40, "9" * 5_000, "%00"])
def test_a_strange_page_is_the_first_one_or_empty(ask, issue, readers, before):
    create_mailing(issue, lists=[readers], now=NOW)

    assert ask(f"mailings?before={before}").status_code == 200


def test_another_publication_s_mailing_is_not_there(ask):
    group = make_list("others")
    other = Publication.objects.create(
        name="Other", slug="other", sender_name="O", sender_address="o@other.example"
    )
    other.lists.add(group)
    theirs = create_mailing(make_edition(other, number=8).issue, lists=[group], now=NOW)

    assert ask(f"mailings/{theirs.pk}").status_code == 404
    assert ask("mailings/99999999999999999999999").status_code == 404
    assert ask("mailings").json() == {"mailings": [], "before": None}
    assert Mailing.objects.count() == 1
