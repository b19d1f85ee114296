"""A draft's history: what differs from now, and the way back, which loses nothing."""

from __future__ import annotations

import pytest
from django.urls import reverse

from mailer.models import AuditEntry, Draft, Revision
from mailer.web.desk.editing import history
from mailer.web.desk.editing.history import compare, compare_texts
from tests.web.desk.editing.pieces import make_draft
from tests.web.desk.editing.test_writing import PLACE, WRITE, name, press, save, text_of


@pytest.fixture
def draft(author, edition) -> Draft:
    author.get(WRITE)
    return Draft.objects.get()


def look(client, revision: int) -> str:
    return client.get(reverse("desk:revision", args=[*PLACE, revision])).content.decode()


def go_back(client, revision: int):
    return client.post(reverse("desk:go_back", args=[*PLACE, revision]))


def test_every_sitting_is_listed_with_its_author(author, draft):
    save(author, name(draft, "prose"), markdown="The lamp turns.")

    page = author.get(reverse("desk:history", args=PLACE)).content.decode()

    assert "taken up from the edition" in page
    assert "author@desk.example</bdi>: wrote" in page
    assert "revision 1 · the edition" in page


def test_what_differs_is_shown_word_by_word(author, draft):
    save(author, name(draft, "prose"), markdown="After two winters the <b> lamp burns.")

    page = look(author, 1)

    assert "After two winters the" in page
    assert "<del>turns.</del>" in page
    assert "&lt;b&gt;" in page


def test_going_back_is_a_new_revision_and_nothing_is_lost(author, draft):
    part = name(draft, "prose")
    old = text_of(draft, part)
    save(author, part, markdown="Another text")
    press(author, "add_part", kind="prose")

    go_back(author, 1)

    assert text_of(draft, part) == old
    assert len(draft.content["parts"]) == 3
    assert draft.revision == 4
    assert "Another text" in str(Revision.objects.get(number=3).content)
    assert AuditEntry.objects.first().act == "went back to an old revision"
    go_back(author, 3)
    assert text_of(draft, part) == "Another text"
    assert len(draft.content["parts"]) == 4


def test_going_back_is_a_change_that_others_are_told_of(author, draft):
    part = name(draft, "prose")
    save(author, part, markdown="Another text")
    go_back(author, 1)

    assert save(author, part, seen=2, markdown="Another text, longer").status_code == 409


def test_going_back_to_what_is_there_already_changes_nothing(author, draft):
    go_back(author, 1)

    draft.refresh_from_db()
    assert draft.revision == 1
    assert "says the same now" in look(author, 1)


def test_a_revision_that_is_not_there_is_not_found(author, draft):
    for number in (7, 10**30):
        path = reverse("desk:revision", args=[*PLACE, number])
        assert author.get(path).status_code == 404
        assert go_back(author, number).status_code == 404


def test_parts_that_came_went_and_moved_are_told():
    old, new = make_draft("S", "A", "t", "t"), make_draft("S", "A", "t", "t")
    new["parts"] = [
        new["parts"][0],
        new["parts"][3],
        new["parts"][1],
        make_draft(*"SSSSt")["parts"][4],
    ]

    found = {(each.kind, each.name) for each in compare(old, new)}

    assert ("added", "Text") in found
    assert ("deleted", "Text") in found
    assert {kind for kind, _ in found} == {"added", "deleted", "moved"}


@pytest.mark.parametrize(
    ("old", "new", "kinds"),
    [
        ("a b c", "a x c", ["same", "old", "new", "same"]),
        ("", "a", ["new"]),
        ("a", "", ["old"]),
        ("a", "a", ["same"]),
    ],
)
def test_two_texts_are_cut_into_what_is_alike_and_what_is_not(old, new, kinds):
    pieces = compare_texts(old, new)

    assert [piece.kind for piece in pieces] == kinds
    assert "".join(piece.text for piece in pieces if piece.kind != "new") == old
    assert "".join(piece.text for piece in pieces if piece.kind != "old") == new


def test_very_long_texts_are_shown_whole(monkeypatch):
    monkeypatch.setattr(history, "MOST_WORDS", 4)

    assert [piece.kind for piece in compare_texts("a b c", "a b d")] == ["old", "new"]


def test_the_history_takes_few_queries(author, draft, django_assert_max_num_queries):
    for _ in range(5):
        press(author, "add_part", kind="prose")

    with django_assert_max_num_queries(14):
        author.get(reverse("desk:history", args=PLACE))
