"""An issue's languages: begun from the first, and followed part by part."""

from __future__ import annotations

import pytest
from django.urls import reverse

from mailer.models import AuditEntry, Draft
from mailer.web.desk.editing.originals import DONE, EXTRA, MISSING, OLD, WAITS, judge
from mailer.web.desk.editing.parts import make_part
from tests.fakes.world import make_edition
from tests.web.desk.editing.test_writing import WRITE, name, save

PAGE = reverse("desk:languages", args=["harbour", 7])
BEGIN = reverse("desk:begin_language", args=["harbour", 7])
FRENCH = ["harbour", 7, "fr"]


def save_french(client, part: str, *, seen: int = 1, **values: str):
    path = reverse("desk:save_part", args=[*FRENCH, part])
    return client.post(path, {"seen": seen, "kind": "prose", **values})


@pytest.fixture
def english(author, edition) -> Draft:
    author.get(WRITE)
    return Draft.objects.get()


@pytest.fixture
def french(author, english) -> Draft:
    author.post(BEGIN, {"language": "fr"})
    return Draft.objects.get(language="fr")


def states(client) -> dict[str, str]:
    """Return what the page says of each part in French, by the part's name."""
    lines = client.get(PAGE).context["lines"]
    return {line.part["id"]: dict(line.cells)["fr"] for line in lines}


def test_a_language_begins_with_the_text_of_the_first(author, english, french):
    assert french.content["parts"] == english.content["parts"]
    assert AuditEntry.objects.get().after == {"how": "begun as a translation from English"}
    assert set(states(author).values()) == {WAITS}
    assert "In English" in author.get(reverse("desk:write", args=FRENCH)).content.decode()


def test_what_is_translated_is_done_until_the_first_text_changes(author, english, french):
    part = name(english, "prose")

    save_french(author, part, markdown="La lampe tourne.")
    done = states(author)[part]
    save(author, part, markdown="The lamp turns slowly.")
    old = states(author)[part]
    seen = Draft.objects.get(language="fr").revision
    save_french(author, part, seen=seen, markdown="La lampe tourne lentement.")

    assert (done, old, states(author)[part]) == (DONE, OLD, DONE)
    page = author.get(PAGE).content.decode()
    assert "1 of 4 parts done" in page


def test_a_text_that_is_alike_in_both_is_done_when_it_is_saved(author, english, french):
    part = name(english, "article")

    save_french(author, part, kind="article", title="The lighthouse is lit again")

    assert states(author)[part] == DONE


def test_parts_that_one_language_lacks_are_told(author, english, french):
    part = name(english, "prose")
    author.post(reverse("desk:delete_part", args=[*FRENCH, part]), {"seen": "1"})
    author.post(reverse("desk:add_part", args=FRENCH), {"kind": "quotation"})

    found = states(author)

    assert found[part] == MISSING
    assert EXTRA in found.values()


def test_editions_from_files_are_matched_by_what_stands_where(viewer, publication, edition):
    make_edition(publication, language="fr", subject="Printemps")

    page = viewer.get(PAGE)

    assert [column.language for column in page.context["columns"]] == ["en", "fr"]
    assert [dict(line.cells)["fr"] for line in page.context["lines"]] == [DONE, WAITS, WAITS, WAITS]
    assert not Draft.objects.exists()


@pytest.mark.parametrize(
    ("language", "words"), [("en", "already"), ("EN", "already"), ("klingon", "no language")]
)
def test_a_language_that_is_none_or_there_is_not_begun(author, english, language, words):
    page = author.post(BEGIN, {"language": language}, follow=True).content.decode()

    assert words in page
    assert Draft.objects.count() == 1


def test_what_is_not_spoken_needs_no_translation():
    source = make_part("photo", {"src": "a.jpg", "alt": "A boat"}, rev=1)
    other = make_part("photo", {"src": "b.jpg", "alt": "Un bateau"}, rev=1)

    assert judge(source, other) == DONE
    assert judge(source, source) == WAITS


def test_the_page_takes_few_queries(author, french, django_assert_max_num_queries):
    with django_assert_max_num_queries(13):
        author.get(PAGE)
