"""An issue becomes mail that is whole, asks nothing of another host, and fits every mailbox."""

from __future__ import annotations

import binascii
import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from mailer.content.read import read_issue
from mailer.errors import RenderingError
from mailer.rendering.inline import inline_css
from mailer.rendering.mjml import compile_mjml
from mailer.rendering.render import render_issue
from mailer.rendering.theme import load_theme
from mailer.rendering.wording import WORDINGS
from mailer.types import SLOT_PATTERN, Direction, SlotName, slot
from tests.conftest import ROOT
from tests.fakes.documents import BOAT, PORTRAIT, SCRIPTS, make_document
from tests.fakes.pages import HOST, list_texts, parse_page, render

SAMPLES = ROOT / "mailer" / "demo" / "issues"
COMMENT = re.compile(r"<!--\[if.*?<!\[endif\]-->", re.DOTALL)
# Gmail cuts a message whose HTML passes 102 kB; what a proxy or a list adds must fit too.
MOST_OCTETS = 80_000


def squeeze(html: str) -> str:
    return re.sub(r"([:;]) ", r"\1", html)


@pytest.mark.parametrize("language", SCRIPTS)
def test_every_text_and_name_is_in_the_page(language):
    document = make_document(SCRIPTS[language], language=language)

    page = parse_page(render(document))

    shown = page.text_content()
    for text in list_texts(document):
        assert text in shown
    assert {image.get("alt") for image in page.iter("img")} == {SCRIPTS[language]}
    assert page.findtext(".//title") == SCRIPTS[language]


def test_the_rendered_issue_carries_what_the_message_needs():
    rendered = render(make_document("Words", language="ar"))

    assert (rendered.subject, rendered.preheader, rendered.language) == ("Words", "Words", "ar")
    assert rendered.direction is Direction.RTL
    assert rendered.pictures == (BOAT, PORTRAIT)
    assert rendered.mjml.startswith("<mjml")


def test_a_picture_that_nothing_shows_is_left_out():
    document = make_document()
    unused = replace(BOAT, name="unused.jpg")

    rendered = render(replace(document, pictures={**document.pictures, "unused.jpg": unused}))

    assert unused not in rendered.pictures
    assert "unused.jpg" not in rendered.html


@pytest.mark.parametrize("language", ["en", "ar", "he", "zh-Hans", "hi", "th"])
def test_language_and_direction_are_said_on_the_page_and_on_its_body(language):
    page = parse_page(render(make_document(language=language)))

    body = page.find(".//*[@role='article']")
    for element in (page, body):
        assert element.get("lang") == language
        assert element.get("dir") == ("rtl" if language in {"ar", "he"} else "ltr")


@pytest.mark.parametrize(
    ("language", "start", "end"), [("en", "left", "right"), ("ar", "right", "left")]
)
def test_borders_indents_and_alignments_follow_the_direction(language, start, end):
    html = squeeze(render(make_document(language=language)).html)

    assert f"border-{start}:3px solid" in html
    assert f"border-{end}:" not in html
    assert f"padding-{start}:24px" in html
    assert f"text-align:{start}" in html


@pytest.mark.parametrize(
    ("language", "faces"), [("en", "Georgia"), ("ar", "Geeza Pro"), ("zh", "PingFang SC")]
)
def test_typefaces_are_those_of_the_language(language, faces):
    assert faces in render(make_document(language=language)).html


@pytest.mark.parametrize("language", WORDINGS)
def test_the_themes_own_words_are_in_the_issues_language(language):
    words = WORDINGS[language]
    shown = parse_page(render(make_document(language=language))).text_content()

    for each in (words.view_on_web, words.contents, words.unsubscribe, words.preferences):
        assert each in shown


def test_a_language_without_words_borrows_the_english_ones():
    assert "View on the web" in render(make_document(language="hi")).html


def test_contents_lead_to_what_they_name():
    page = parse_page(render(make_document()))
    ids = [element.get("id") for element in page.iter() if element.get("id")]
    links = [a.get("href")[1:] for a in page.iter("a") if (a.get("href") or "").startswith("#")]

    assert links == ["section-1", "article-1", "section-2"]
    assert sorted(ids) == sorted(links)
    # Outlook follows names, not ids.
    assert [a.get("name") for a in page.iter("a") if a.get("name")] == ids


def test_headings_say_what_belongs_to_what():
    page = parse_page(render(replace(make_document("Words"), publication="The Tide")))

    assert [(e.tag, e.text_content()) for e in page.iter("h1", "h2", "h3")] == [
        ("h1", "The Tide"),
        ("h2", "In this issue"),
        ("h2", "Words"),
        ("h3", "minor"),
        ("h3", "Words"),
        ("h2", "Empty"),
        ("h2", "Colophon"),
    ]
    assert {e.text for e in page.iter("h4")} == {"minor"}


def test_every_table_is_for_layout_and_says_so():
    tables = list(parse_page(render(make_document())).iter("table"))

    assert len(tables) > 10
    assert {table.get("role") for table in tables} == {"presentation"}


def test_the_preheader_is_padded_and_hidden():
    html = squeeze(render(make_document("Words")).html)
    preview = re.search(r'<div style="display:none[^>]*>(.*?)</div>', html)

    assert preview is not None
    assert preview[1].startswith("Words\u034f\u200c")
    assert len(preview[1]) > 400


def test_a_long_preheader_is_not_padded():
    assert "\u034f" not in render(replace(make_document(), preheader="x" * 200)).html


def test_slots_stand_where_a_reader_needs_them():
    rendered = render(make_document())
    links = {a.get("href") for a in parse_page(rendered).iter("a")}
    urls = {SlotName.WEB_URL, SlotName.UNSUBSCRIBE_URL, SlotName.PREFERENCES_URL}

    assert {slot(name) for name in urls} <= links
    for part in (rendered.html, rendered.text):
        assert set(SLOT_PATTERN.findall(part)) == urls | {SlotName.EMAIL}


def test_the_page_asks_no_other_host_for_anything():
    rendered = render(make_document(url="https://linked.example/"))
    page = parse_page(rendered)

    sources = [
        element.get(name)
        for element in page.iter()
        for name in ("src", "srcset", "background", "data")
        if element.get(name)
    ]
    hosts = {urlsplit(a.get("href")).netloc for a in page.iter("a") if a.get("href")}
    assert {urlsplit(source).netloc for source in sources} == {urlsplit(HOST).netloc}
    assert hosts == {"", "linked.example", "b.example"}
    assert not re.search(r"url\(|@import|@font-face|<link|<script|<iframe", rendered.html)


def test_pictures_have_their_size_and_are_never_enlarged():
    images = list(parse_page(render(make_document())).iter("img"))

    assert (images[0].get("width"), images[0].get("height")) == ("560", "420")
    assert (images[1].get("width"), images[1].get("height")) == ("120", "160")
    assert "max-width:120px" in squeeze(images[1].get("style"))
    assert all("background-color" in image.get("style") for image in images)


def test_comments_for_outlook_come_through_unchanged():
    rendered = render(make_document())

    assert COMMENT.findall(rendered.html) == COMMENT.findall(compile_mjml(rendered.mjml))
    assert len(COMMENT.findall(rendered.html)) > 20


def test_rules_for_phones_and_dark_mode_stay_and_win():
    html = render(make_document()).html
    styles = re.findall(r"<style.*?</style>", COMMENT.sub("", html), re.DOTALL)
    kept = "".join(styles)

    assert "@media only screen and (max-width: 479px)" in kept
    assert "@media (prefers-color-scheme: dark)" in kept
    assert "[data-ogsc] .quiet p" in kept
    assert "[data-ogsb] .paper" in kept
    # An element's own style beats a sheet, unless the sheet insists and the element does not.
    assert "!important" not in re.sub(r"<style.*?</style>", "", html, flags=re.DOTALL)
    # Gmail drops a style sheet of more than 8 kB.
    assert max(map(len, styles)) < 8_192


@pytest.mark.parametrize("declaration", ["color", "background"])
def test_every_rule_for_dark_mode_insists(declaration):
    sheet = re.search(
        r"prefers-color-scheme: dark\) \{(.*?)</style>", render(make_document()).html, re.DOTALL
    )

    assert sheet is not None
    values = re.findall(rf"[ {{]{declaration}: ([^;]+);", sheet[1])
    assert len(values) > 3
    assert all(value.endswith("!important") for value in values)


def test_both_colour_schemes_are_announced():
    page = parse_page(render(make_document()))

    for name in ("color-scheme", "supported-color-schemes"):
        assert page.find(f".//meta[@name='{name}']").get("content") == "light dark"


def test_for_a_browser_the_theme_s_rules_stay_in_a_sheet_that_comes_last():
    document = make_document()

    page = render_issue(document, theme=load_theme(), picture_url=lambda _: HOST, for_browser=True)

    head, _, body = page.html.partition("</head>")
    assert ".contents .part" in head.rpartition("<style")[2]
    assert ".contents .part" not in body
    assert render(document).text == page.text


def test_it_has_a_doctype_and_no_leftovers():
    html = render(make_document()).html

    assert html.startswith("<!DOCTYPE html>")
    assert "data-premailer" not in html
    assert "mj-text" not in html
    assert inline_css(html, "").count("<html") == 1


def test_the_same_document_makes_the_same_bytes_in_any_order():
    first = render(make_document(language="fa"))
    render(make_document(language="zh"))

    assert render(make_document(language="fa")) == first


@pytest.mark.parametrize("field", ["announcement", "event", "colophon"])
def test_a_link_that_runs_code_is_refused_with_its_place(field):
    document = make_document()
    evil = "javascript:alert(1)"
    if field == "colophon":
        document = replace(document, colophon=replace(document.colophon, website=evil))
    else:
        article = document.sections[0].articles[0]
        block = next(b for b in article.blocks if type(b).__name__.lower() == field)
        article = replace(article, blocks=(replace(block, url=evil),))
        document = replace(document, sections=(replace(document.sections[0], articles=(article,)),))

    with pytest.raises(RenderingError, match=f"'javascript:alert\\(1\\)' of the {field}"):
        render(document)


def test_a_colophon_needs_no_phone_mailbox_or_website():
    document = make_document()
    colophon = replace(document.colophon, phone="", email="", website="")

    page = parse_page(render(replace(document, colophon=colophon)))

    assert not [a for a in page.iter("a") if "mailto:" in (a.get("href") or "")]


@pytest.mark.parametrize("language", ["en", "ar"])
def test_the_samples_fit_every_mail_program(language):
    rendered = render(read_issue(SAMPLES / f"sample.{language}.md"))

    assert len(binascii.b2a_qp(rendered.html.encode())) < MOST_OCTETS
    assert len(rendered.pictures) == 3


def test_the_real_bulletin_is_whole_and_fits_every_mail_program(shared: Path):
    document = read_issue(shared / "bulletin" / "issue-13.md")

    rendered = render(document)

    assert len(binascii.b2a_qp(rendered.html.encode())) < MOST_OCTETS
    shown = parse_page(rendered).text_content()
    for text in list_texts(document):
        assert text in shown
