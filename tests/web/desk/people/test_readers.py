"""People are found, paged by key, added with their ground, and exported, within one's reach."""

from __future__ import annotations

import csv
import io

import pytest
from django.urls import reverse

from mailer.models import AuditEntry
from mailer.web.desk.people import paging
from subscribers.models import (
    ConsentRecord,
    Notice,
    NoticeKind,
    Segment,
    Subscriber,
    Subscription,
    SubscriptionState,
    SuppressionReason,
)
from subscribers.searching.entering import GRACE, enter_people
from subscribers.suppression import suppress
from tests.fakes.desk import make_user
from tests.fakes.world import NOW, join, make_list

READERS = reverse("desk:readers", args=["harbour"])
ADD = reverse("desk:add_reader", args=["harbour"])
EXPORT = reverse("desk:export_readers", args=["harbour"])
FIELDS = {"email": "Ada@New.example", "name": "Ada", "list": "readers", "basis": "at the counter"}


def find(client, **asked) -> list[str]:
    page = client.get(READERS, asked).context["page"]
    return [person.email.partition("@")[0] for person in page.rows]


@pytest.mark.usefixtures("stranger")
def test_everybody_on_the_own_lists_is_there_and_nobody_else(admin):
    assert find(admin) == ["reader5", "reader4", "reader3", "reader2", "reader1"]
    assert find(admin, q="stranger@people.example") == []
    assert find(admin, q="stranger") == []


@pytest.mark.usefixtures("stranger", "readers")
def test_a_part_of_a_name_finds_nobody_of_another_publication_by_the_index_either(admin):
    Subscriber.objects.update(name="Ada Berg")
    for now in (NOW, NOW + GRACE):
        enter_people(now=now)

    assert find(admin, q="a ber") == [f"reader{number}" for number in (5, 4, 3, 2, 1)]
    assert find(admin, q="trange") == []
    assert find(admin, q="a ber", state="unsubscribed") == []


@pytest.mark.usefixtures("stranger")
def test_a_list_of_another_publication_is_not_asked_for(admin):
    assert admin.get(READERS, {"list": "others"}).status_code == 422


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"q": " READER2@people.example "}, ["reader2"]),
        ({"q": "ader3"}, ["reader3"]),
        ({"q": "bert"}, ["reader1"]),
        ({"q": "al"}, ["reader1"]),
        ({"q": "rt"}, []),
        ({"q": "nobody"}, []),
        ({"q": "%"}, []),
        ({"list": "readers", "state": "unsubscribed"}, ["reader4"]),
        ({"state": "unsubscribed"}, ["reader4"]),
        ({"sort": "address", "state": "confirmed"}, ["reader1", "reader2", "reader3", "reader5"]),
        ({"sort": "old", "list": "readers"}, [f"reader{n}" for n in range(1, 6)]),
    ],
)
def test_people_are_found_by(admin, readers, asked, found):
    Subscriber.objects.filter(email__startswith="reader1").update(name="Albert")
    Subscription.objects.filter(subscriber__email__startswith="reader4").update(
        state="unsubscribed"
    )

    assert find(admin, **asked) == found


def test_one_or_two_letters_are_said_to_find_beginnings(admin, readers):
    words = "has a word that begins with them"

    assert words in admin.get(READERS, {"q": "re"}).content.decode()
    assert words not in admin.get(READERS, {"q": "rea"}).content.decode()


def test_people_are_found_by_segment_and_a_broken_one_is_told(admin, readers):
    rule = {"field": "email", "operator": "contains", "value": "reader3"}
    segment = Segment.objects.create(name="Third", rule=rule)
    broken = Segment.objects.create(name="Broken", rule={"field": "gone"})

    assert find(admin, segment=segment.pk) == ["reader3"]
    page = admin.get(READERS, {"segment": broken.pk})
    assert "can’t be asked for now" in page.content.decode()  # noqa: RUF001


@pytest.mark.parametrize("sort", ["new", "old", "address"])
def test_pages_lead_forward_and_back_and_miss_nobody(admin, readers, monkeypatch, sort):
    monkeypatch.setattr(paging, "PAGE_SIZE", 2)
    seen, path = [], f"{READERS}?sort={sort}&state=confirmed"
    pages = []
    while path:
        page = admin.get(path).context["page"]
        pages.append([person.pk for person in page.rows])
        seen += pages[-1]
        path = READERS + page.later if page.later else ""
    assert len(seen) == len(set(seen)) == 5
    assert not admin.get(READERS + f"?sort={sort}").context["page"].earlier

    back = admin.get(READERS + page.earlier).context["page"]
    assert [person.pk for person in back.rows] == pages[1]
    first = admin.get(READERS + back.earlier).context["page"]
    assert [person.pk for person in first.rows] == pages[0]
    assert not first.earlier


@pytest.mark.parametrize("after", ["x", "9" * 40, "\0", "-1"])
def test_a_key_that_is_none_is_harmless(admin, readers, after):
    assert admin.get(READERS, {"after": after}).status_code == 200
    assert admin.get(READERS, {"after": after, "sort": "address"}).status_code == 200


def test_an_empty_list_teaches_the_next_step(admin, publication):
    Subscriber.objects.all().delete()

    assert "by hand" in admin.get(READERS).content.decode()


def test_a_page_takes_few_queries(admin, readers, django_assert_max_num_queries):
    with django_assert_max_num_queries(16):
        admin.get(READERS)


def test_somebody_is_added_with_the_ground_as_evidence(admin, readers):
    answer = admin.post(ADD, FIELDS)

    person = Subscriber.objects.get(email_normalised="ada@new.example")
    assert answer["Location"] == reverse("desk:reader", args=["harbour", person.pk])
    record = ConsentRecord.objects.get(subscriber=person)
    assert record.basis == "at the counter"
    assert record.method.startswith("desk:")
    assert person.subscriptions.get().state == SubscriptionState.CONFIRMED
    entry = AuditEntry.objects.get()
    assert entry.after == {"list": "readers", "ground": "at the counter"}
    assert "new.example" not in str((entry.subject, entry.before, entry.after))


@pytest.mark.parametrize(
    ("written", "kept"), [("pt-BR", "pt-BR"), (" fr ", "fr"), ("", ""), ("  ", ""), (None, "")]
)
def test_a_language_is_kept_as_it_was_written_and_none_is_none(admin, readers, written, kept):
    admin.post(ADD, FIELDS | ({} if written is None else {"language": written}))

    assert Subscriber.objects.get(email_normalised="ada@new.example").language == kept


def test_an_empty_language_forgets_none_that_is_known(admin, publication):
    publication.lists.add(make_list("second"))
    admin.post(ADD, FIELDS | {"language": "nb"})
    admin.post(ADD, FIELDS | {"language": "", "list": "second"})

    person = Subscriber.objects.get(email_normalised="ada@new.example")
    assert (person.language, person.subscriptions.count()) == ("nb", 2)


def test_on_a_list_with_double_opt_in_they_are_asked_by_letter(admin, publication):
    publication.lists.add(make_list("careful", double_opt_in=True))

    admin.post(ADD, FIELDS | {"list": "careful"})

    assert Subscription.objects.get(list__slug="careful").state == SubscriptionState.UNCONFIRMED
    assert Notice.objects.get().kind == NoticeKind.CONFIRM


def test_who_left_is_asked_by_letter_and_not_put_back(admin, readers, reader):
    reader.subscriptions.update(state="unsubscribed")

    admin.post(ADD, FIELDS | {"email": reader.email})

    assert reader.subscriptions.get().state == SubscriptionState.UNCONFIRMED
    assert Notice.objects.get().kind == NoticeKind.CONFIRM


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"email": "nobody"}, "address"),
        ({"basis": "  "}, "This field is required"),
        ({"list": "others"}, "Select a valid choice"),
        ({"email": "held@people.example"}, "suppressed"),
        ({"language": "French, please"}, "Write a language tag, such as fr or pt-BR."),
    ],
)
@pytest.mark.usefixtures("stranger")
def test_what_can_not_be_added_is_refused_with_a_sentence(admin, fields, said):
    suppress("held@people.example", reason=SuppressionReason.COMPLAINT, origin="x", now=NOW)

    answer = admin.post(ADD, FIELDS | fields)

    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not AuditEntry.objects.exists()


def export(client, **asked) -> list[dict[str, str]]:
    answer = client.post(EXPORT, {"form": "csv", **asked})
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.usefixtures("stranger")
def test_an_export_has_whom_the_page_finds_and_is_written_down(admin):
    assert {row["email"][:8] for row in export(admin)} == {f"reader{n}@"[:8] for n in range(1, 6)}
    [row] = export(admin, q="reader2", list="readers")
    assert (row["email"], row["state"]) == ("reader2@people.example", "confirmed")
    assert list(AuditEntry.objects.values_list("act", flat=True)) == ["exported people"] * 2


def test_a_kind_of_file_that_is_none_exports_nothing(admin, readers):
    page = admin.post(EXPORT, {"form": "exe"}, follow=True)

    assert "Nothing was exported" in page.content.decode()
    assert not AuditEntry.objects.exists()


def test_an_export_is_never_had_by_following_a_link(admin, readers):
    assert admin.get(EXPORT).status_code == 405


def test_a_superuser_finds_those_of_this_publication(client, stranger, readers):
    client.force_login(make_user("root", is_superuser=True))
    join("late@people.example", readers)

    assert "stranger" not in find(client)
    assert find(client)[0] == "late"
