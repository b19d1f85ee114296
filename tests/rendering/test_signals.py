"""Links that are counted lead over us, and everything else stays as it was."""

from __future__ import annotations

import html
import re

from hypothesis import given
from hypothesis import strategies as st

from mailer.rendering.signals import count_links, mark_headings
from mailer.types import SlotName, Target, slot

PAGE = (
    '<body><a href="https://example.org/?a=1&amp;b=2">web</a>'
    '<h2 class="x"><a id="n" name="n"></a>News &amp; more</h2>'
    '<a class="b" href="https://example.org/">one</a> <a href="https://example.org/">again</a>'
    '<h3><a href="https://example.org/title">A <b>linked</b>\n title</a></h3>'
    '<a href="https://example.org/">from another article</a>'
    '<a href="mailto:a@example.org">write</a><a href="#n">up</a>'
    f'<a href="{slot(SlotName.UNSUBSCRIBE_URL)}">leave</a>'
    f'<a href="https://example.org/{slot(SlotName.EMAIL)}">yours</a></body></html>'
)


def route(number: int) -> str:
    return f"https://news.example.org/c/T/{number}"


def test_links_to_the_web_are_numbered_by_address_and_article():
    _, targets = count_links(PAGE, route)

    assert targets == (
        Target(url="https://example.org/?a=1&b=2"),
        Target(url="https://example.org/", article="News & more", anchor="n"),
        Target(url="https://example.org/title", article="A linked title"),
        Target(url="https://example.org/", article="A linked title"),
    )


def test_links_of_one_reader_letters_and_places_stay_as_they_are():
    page, _ = count_links(PAGE, route)

    for kept in ("mailto:a@example.org", "#n", slot(SlotName.UNSUBSCRIBE_URL)):
        assert f'href="{kept}"' in page
    assert f'href="https://example.org/{slot(SlotName.EMAIL)}"' in page
    assert page.count("/c/T/2") == 2
    assert "</a>" in page


def test_a_page_without_links_stays_and_has_no_pixel_unless_asked():
    assert count_links("<body><p>x</p></body>", route) == ("<body><p>x</p></body>", ())


def test_the_pixel_stands_at_the_end_and_says_nothing():
    page, _ = count_links("<body><p>x</p></body>", route, "https://news.example.org/o/T.gif")

    assert page.endswith("></body>")
    assert 'alt=""' in page
    assert 'role="presentation"' in page


def test_a_mark_stands_below_each_heading_by_the_words_that_articles_are_called_by():
    _, targets = count_links(PAGE, route)

    page = mark_headings(PAGE, lambda _, title: f"<p>[{title}]</p>")

    assert "</h2><p>[News &amp; more]</p>" in page.replace("[News & more]", "[News &amp; more]")
    assert all(f"<p>[{each.article}]</p>" in page for each in targets if each.article)
    assert mark_headings(PAGE, lambda *_: "") == PAGE


def test_articles_of_one_title_are_told_apart_by_their_anchors():
    page = "".join(
        f'<h3><a id="{anchor}" name="{anchor}"></a>Briefly</h3><a href="https://example.org/">x</a>'
        for anchor in ("briefly", "briefly-2")
    )

    counted, targets = count_links(page, route)
    marked = mark_headings(page, lambda anchor, title: f"<p>{title}: {anchor}</p>")

    assert [(each.article, each.anchor) for each in targets] == [
        ("Briefly", "briefly"),
        ("Briefly", "briefly-2"),
    ]
    assert counted.index("/c/T/1") < counted.index("/c/T/2")
    assert "<p>Briefly: briefly</p>" in marked
    assert "<p>Briefly: briefly-2</p>" in marked


@given(st.text(alphabet='<a href="https://x.y/&;>h23/ \n', max_size=200))
def test_only_addresses_change_whatever_the_page_is(text):
    page, targets = count_links(text, route)

    back = re.sub(
        r"https://news\.example\.org/c/T/(\d+)",
        lambda found: html.escape(targets[int(found[1]) - 1].url),
        page,
    )
    assert html.unescape(back) == html.unescape(text)
