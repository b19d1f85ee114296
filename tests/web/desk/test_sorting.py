"""Lists are shown in the orders that their pages offer, and in no others."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from mailer.models import AuditEntry, Delivery, Feedback, Membership, Role
from mailer.web.desk.people import paging
from subscribers.models import Import, Segment, Suppression, SuppressionReason
from subscribers.suppression import suppress
from tests.fakes.desk import make_user
from tests.fakes.world import NOW, join_many, make_edition, make_list

NAMES = ("issues", "audit", "segments", "imports", "suppressions", "returns", "lists", "team")
ATTACKS = ("pk", "-pk", "user__password", "delivery__email", "id; DROP TABLE auth_user", "\0", "?")


def find(name: str) -> str:
    return reverse(f"desk:{name}", args=["harbour"])


def see(client, name: str, **asked: str) -> list[str]:
    """Return what tells the rows of a page, in their order."""
    context = client.get(find(name), asked).context
    tell = {
        "issues": lambda: [str(issue.number) for issue, *_ in context["rows"]],
        "audit": lambda: [row["entry"].act for row in context["rows"]],
        "segments": lambda: [segment.name for segment, _ in context["rows"]],
        "imports": lambda: [each.file_name for each in context["page"].rows],
        "suppressions": lambda: [row.email_normalised for row, _ in context["rows"]],
        "returns": lambda: [each.recipient for each in context["page"].rows],
        "lists": lambda: [group.slug for group, _ in context["rows"]],
        "team": lambda: [member.user.email for member in context["members"]],
    }
    return tell[name]()


@pytest.fixture
def world(publication, mailing, readers):
    """Make three of each, the second by its word last of all."""
    for number, published in ((5, "2026-09"), (9, "2026-01")):
        issue = make_edition(publication, number=number).issue
        issue.published = published
        issue.save()
    for number, word in enumerate(("b", "c", "a")):
        AuditEntry.objects.create(
            publication=publication, actor="ada", act=word, subject="x", at=NOW
        )
        rule = {"field": "name", "operator": "equals", "value": word}
        Segment.objects.create(name=word, rule=rule)
        Import.objects.create(list=readers, file_name=word, basis="x", created_at=NOW)
        address = f"{word}@people.example"
        suppress(
            address, reason=SuppressionReason.MANUAL, origin="test", now=NOW, list_id=readers.pk
        )
        Feedback.objects.create(
            delivery=make_delivery(mailing, readers, address),
            kind="bounce",
            recipient=address,
            at=NOW,
        )
        group = make_list(f"{word}-list")
        publication.lists.add(group)
        join_many(number, group)
        Membership.objects.create(
            user=make_user(word), publication=publication, role=list(Role)[number]
        )


def make_delivery(mailing, group, address: str) -> Delivery:
    return Delivery.objects.create(
        mailing=mailing, list=group, email=address, email_normalised=address
    )


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize(
    ("name", "sort", "seen"),
    [
        ("issues", "", ["9", "7", "5"]),
        ("issues", "first", ["5", "7", "9"]),
        ("issues", "date", ["5", "7", "9"]),
        ("audit", "", ["a", "c", "b"]),
        ("audit", "what", ["a", "b", "c"]),
        ("audit", "who", ["b", "c", "a"]),
        ("segments", "", ["a", "b", "c"]),
        ("segments", "new", ["a", "c", "b"]),
        ("imports", "", ["a", "c", "b"]),
        ("imports", "file", ["a", "b", "c"]),
        ("suppressions", "old", [f"{word}@people.example" for word in "bca"]),
        ("suppressions", "address", [f"{word}@people.example" for word in "abc"]),
        ("returns", "old", [f"{word}@people.example" for word in "bca"]),
        ("returns", "address", [f"{word}@people.example" for word in "abc"]),
        ("lists", "", ["a-list", "b-list", "c-list", "readers"]),
        ("lists", "most", ["readers", "a-list", "c-list", "b-list"]),
        ("lists", "new", ["a-list", "c-list", "b-list", "readers"]),
        ("team", "", [f"{word}@desk.example" for word in ("a", "admin", "b", "c")]),
        ("team", "old", [f"{word}@desk.example" for word in ("b", "c", "a", "admin")]),
    ],
)
def test_a_list_can_be_had_in_the_orders_that_its_page_offers(admin, name, sort, seen):
    assert see(admin, name, sort=sort) == seen
    page = admin.get(find(name), {"sort": sort})
    offered = [word for word, _ in page.context["orders"]]
    assert len(offered) >= 3
    assert f'<option value="{sort or offered[0]}" selected>' in page.content.decode()


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("name", NAMES)
def test_an_order_that_is_not_offered_is_the_first_one(admin, name, attack):
    assert see(admin, name, sort=attack) == see(admin, name)
    assert admin.get(find(name), {"sort": attack, "after": "~~", "q": ""}).status_code == 200


def test_readers_in_an_order_that_is_not_offered_are_refused(admin):
    page = admin.get(find("readers"), {"sort": "email_normalised"})

    assert page.status_code == 422
    assert not page.context["page"].rows


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("name", ["issues", "audit", "segments", "imports", "lists", "team"])
def test_lists_can_be_searched_and_nothing_found_says_so(admin, name):
    assert len(see(admin, name)) > len(see(admin, name, q="nosuchthing")) == 0
    page = admin.get(find(name), {"q": "<nosuch>\0"}).content.decode()

    assert "Show " in page
    assert "<nosuch>" not in page


def test_the_team_is_searched_by_address_and_lists_by_name(admin, publication, world):
    assert see(admin, "team", q="B@desk") == ["b@desk.example"]
    assert see(admin, "lists", q="A-LIST") == ["a-list"]


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("name", ["suppressions", "returns", "imports", "segments"])
def test_pages_of_rows_that_share_a_value_miss_none_forward_and_back(admin, name, monkeypatch):
    monkeypatch.setattr(paging, "PAGE_SIZE", 1)
    Suppression.objects.filter(email_normalised__startswith="b").update(
        email_normalised="c@people.example", list=make_list("other")
    )
    Feedback.objects.update(recipient="same@people.example")
    Import.objects.update(file_name="same~7")
    sort = {"imports": "file", "segments": "name"}.get(name, "address")

    pages, query = [], f"?sort={sort}"
    while query:
        page = admin.get(find(name) + query).context["page"]
        pages.append([row.pk for row in page.rows])
        query = page.later
    back = [pages[-1]]
    while page.earlier:
        page = admin.get(find(name) + page.earlier).context["page"]
        back.append([row.pk for row in page.rows])

    assert len({pk for rows in pages for pk in rows}) == 3
    assert back[::-1] == pages


@pytest.mark.parametrize("name", NAMES)
def test_each_list_takes_few_queries(admin, world, name, django_assert_max_num_queries):
    with django_assert_max_num_queries(16):
        admin.get(find(name))


def test_nobody_s_secrets_can_be_told_by_an_order(admin, world):
    User.objects.filter(email="c@desk.example").update(password="!a")

    assert see(admin, "team", sort="user__password") == see(admin, "team", sort="address")
