"""Lists are counted, drawn, made and changed, each publication's for itself."""

from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse

from mailer.models import AuditEntry, Publication, Role
from mailer.results import figures
from mailer.web.desk.people.figures import count_states, read_growth
from subscribers.models import List, Subscription
from tests.fakes.world import join, make_list

LISTS = reverse("desk:lists", args=["harbour"])
NEW = reverse("desk:new_list", args=["harbour"])
LIST = reverse("desk:list", args=["harbour", "readers"])
CHANGE = reverse("desk:change_list", args=["harbour", "readers"])
FIELDS = {"name": "Board", "slug": "board", "signals": "people"}


def test_a_list_is_shown_with_its_figures(admin, readers):
    Subscription.objects.filter(pk=Subscription.objects.first().pk).update(state="unsubscribed")

    page = admin.get(LISTS).content.decode()

    assert '<td class="number">4</td>' in page
    assert "everybody" in page


def test_a_publication_without_lists_is_told_what_to_do(admin, publication):
    publication.lists.clear()

    assert "Make one" in admin.get(LISTS).content.decode()


@pytest.mark.usefixtures("stranger")
def test_another_publication_s_list_is_not_there(admin):
    assert "Others" not in admin.get(LISTS).content.decode()
    assert admin.get(reverse("desk:list", args=["harbour", "others"])).status_code == 404
    assert admin.get(reverse("desk:change_list", args=["harbour", "others"])).status_code == 404


def test_growth_is_counted_by_month(readers):
    places = list(Subscription.objects.order_by("pk"))
    at = dt.datetime(2026, 2, 3, tzinfo=dt.UTC)
    Subscription.objects.filter(pk__in=[each.pk for each in places[:2]]).update(changed_at=at)
    Subscription.objects.filter(pk=places[1].pk).update(state="unsubscribed")

    months = read_growth(readers, today=dt.date(2026, 3, 9))

    assert len(months) == 12
    assert [(each.joined, each.left) for each in months[-2:]] == [(1, 1), (3, 0)]
    assert months[0].first == dt.date(2025, 4, 1)


def test_what_is_counted_slowly_is_not_counted_at_each_look(
    readers, monkeypatch, django_assert_num_queries
):
    monkeypatch.setattr(figures, "SLOW_MS", 0)
    count_states([readers])

    with django_assert_num_queries(1):
        assert count_states([readers]) == {readers.pk: {"confirmed": 5}}


def test_a_list_is_made_and_the_publication_goes_to_it(admin, publication):
    answer = admin.post(NEW, FIELDS)

    assert answer.status_code == 302
    made = List.objects.get(slug="board")
    assert not made.public
    assert made in publication.lists.all()
    entry = AuditEntry.objects.get()
    assert (entry.act, entry.after["public"]) == ("made a list", False)


def test_a_short_name_that_is_taken_is_refused_with_a_sentence(admin, readers):
    answer = admin.post(NEW, FIELDS | {"slug": "readers"})

    assert answer.status_code == 422
    assert b"already exists" in answer.content
    assert List.objects.count() == 1


def test_a_list_is_changed_but_for_the_name_that_evidence_has(admin, readers):
    admin.post(CHANGE, FIELDS | {"name": "Everybody", "public": "on"})

    readers.refresh_from_db()
    assert (readers.name, readers.slug) == ("Everybody", "readers")
    entry = AuditEntry.objects.get()
    assert entry.before["name"] == "Readers"
    assert entry.after["name"] == "Everybody"
    assert "public" not in entry.after


@pytest.mark.usefixtures("stranger")
def test_a_shared_list_is_changed_by_who_keeps_each_publication_alone(admin, readers):
    Publication.objects.get(slug="other").lists.add(readers)

    assert admin.post(CHANGE, FIELDS).status_code == 403


def test_an_editor_sees_counts_and_no_way_to_people(enter, readers):
    page = enter(Role.EDITOR).get(LIST).content.decode()

    assert "confirmed" in page
    assert "@people.example" not in page
    assert f'href="{reverse("desk:readers", args=["harbour"])}"' not in page


def test_few_queries_whatever_the_size(admin, readers, django_assert_max_num_queries):
    make_list("second").publications.add(readers.publications.get())
    join("more@people.example", readers)
    with django_assert_max_num_queries(13):
        admin.get(LISTS)
    with django_assert_max_num_queries(16):
        admin.get(LIST)
