from __future__ import annotations

import pytest
from lxml import html as lxml_html

from mailer.rendering.letter import LetterView, render_letter
from mailer.types import Direction

LETTER = LetterView(
    subject="Please confirm",
    heading="Please confirm",
    paragraphs=("Somebody asked for a <b>letter</b> & more.", "Two\nlines."),
    button="Confirm",
    url="https://news.example.org/c/abc?x=1&y=2",
    after=("It works for a week.",),
    footer="From the Harbour Institute.",
)


def render(language="en", **fields: object):
    letter = LetterView(**{name: getattr(LETTER, name) for name in LETTER.__slots__} | fields)
    return render_letter(letter, language=language)


def test_both_parts_say_the_same():
    letter = render()
    page = lxml_html.document_fromstring(letter.html)
    words = " ".join(page.text_content().split())

    for text in (LETTER.heading, *LETTER.after, LETTER.button, LETTER.footer, LETTER.url):
        assert text in words
        assert text in letter.text
    assert page.xpath("//a/@href") == [LETTER.url, LETTER.url]
    assert "Two\nlines." in letter.text


def test_markup_in_the_words_is_only_text():
    page = render().html

    assert "<b>letter" not in page
    assert "&lt;b&gt;letter" in page


@pytest.mark.parametrize(("language", "start"), [("en", "left"), ("ar", "right")])
def test_a_letter_runs_in_the_direction_of_its_language(language, start):
    letter = render(language)

    assert letter.direction is (Direction.RTL if start == "right" else Direction.LTR)
    assert f"text-align:{start}" in letter.html.replace(": ", ":")


def test_a_letter_of_a_list_says_how_to_leave_it():
    leave = "https://news.example.org/u/abc"
    letter = render(leave="Unsubscribe", leave_url=leave, after=())

    assert letter.text.endswith(f"Unsubscribe:\n{leave}\n")
    assert f'href="{leave}"' in letter.html
    assert "Unsubscribe" not in render().html


def test_a_letter_fetches_nothing_and_is_small():
    page = render("zh-Hans").html

    assert "src=" not in page
    assert "@import" not in page
    assert len(page.encode()) < 20_000
