"""An issue becomes mail that is safe, whole, and asks nothing of another host."""

from __future__ import annotations

import binascii
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html as lxml_html

from mailer.content.read import read_issue
from mailer.errors import RenderingError
from mailer.rendering.inline import inline_css
from mailer.rendering.lint import check_mjml
from mailer.rendering.mjml import compile_mjml, protect_attributes
from mailer.rendering.render import render_issue
from mailer.rendering.text import measure, wrap, write_text
from mailer.rendering.theme import load_theme
from mailer.rendering.wording import find_direction, write_date
from mailer.types import Direction, PublishedDate, RenderedIssue
from tests.conftest import ROOT
from tests.fakes.documents import make_document

HOST = "https://news.example.org"
MARKS = [
    'say "hi"',
    "back\\slash",
    "a\u200cb",
    "a\u00a0b",
    "a\u200fb",
    "👩‍🚀",
    "नमस्ते",
    "שָׁלוֹם",
    "ภาษาไทย",
]


def render(document=None, **fields: object) -> RenderedIssue:
    document = document or make_document(**fields)
    return render_issue(
        document, theme=load_theme(), picture_url=lambda each: f"{HOST}/pictures/{each.name}"
    )


def tree(rendered: RenderedIssue):
    return lxml_html.document_fromstring(rendered.html)


@pytest.mark.parametrize("text", MARKS)
def test_any_text_stands_in_attributes_as_it_was_written(text):
    alts = {image.get("alt") for image in tree(render(text=text)).iter("img")}

    assert alts == {" ".join(text.split(" "))}


def test_a_line_break_in_an_attribute_becomes_a_space():
    assert protect_attributes('<mj-image alt="a\n  b" />') == '<mj-image alt="a b" />'


def test_the_doctype_is_kept():
    assert render().html.startswith("<!DOCTYPE html>")


def test_rules_for_phones_and_dark_mode_stay_a_style_sheet():
    html = render().html

    assert "prefers-color-scheme: dark" in html
    assert "max-width: 479px" in html
    assert "data-premailer" not in html


def test_comments_for_outlook_come_through_unchanged():
    compiled = compile_mjml(load_theme().render({"rows": [], "document": make_document()}))
    pattern = re.compile(r"<!--\[if.*?<!\[endif\]-->", re.DOTALL)

    assert pattern.findall(inline_css(compiled, "")) == pattern.findall(compiled)


@pytest.mark.parametrize("source", ["file:///etc/passwd", "http://127.0.0.1:9/x.css"])
def test_nothing_is_fetched_for_a_style_sheet(source, monkeypatch):
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("something was fetched")

    monkeypatch.setattr("urllib.request.urlopen", refuse)
    monkeypatch.setattr("requests.get", refuse)

    html = inline_css("<p>x</p>", f'@import url("{source}"); p {{ color: red }}')

    assert "root:" not in html
    assert "color:red" in html.replace(" ", "")


def test_important_rules_of_dark_mode_win_over_what_is_inlined():
    inlined = re.sub(r"<style.*?</style>", "", render().html, flags=re.DOTALL)

    assert "!important" not in inlined


def test_slots_stand_in_links_untouched():
    hrefs = {link.get("href") for link in tree(render()).iter("a")}

    assert {
        "MHSLOT.web_url.TOLSHM",
        "MHSLOT.unsubscribe_url.TOLSHM",
        "MHSLOT.preferences_url.TOLSHM",
    } <= hrefs


def test_no_other_host_is_asked_for_anything():
    html = render().html

    assert {url for url in re.findall(r'src="([^"]+)"', html) if not url.startswith(HOST)} == set()
    assert not re.findall(r"url\(|<link|@font-face|fonts\.", html)


def test_contents_lead_to_what_they_name():
    page = tree(render())
    ids = {element.get("id") for element in page.iter() if element.get("id")}
    anchors = {a.get("href")[1:] for a in page.iter("a") if a.get("href", "").startswith("#")}

    assert anchors == {"section-1", "section-2", "article-1"}
    assert anchors <= ids


@pytest.mark.parametrize("language", ["en", "ar", "he", "zh-Hans", "hi", "th"])
def test_language_and_direction_are_said(language):
    page = tree(render(language=language))

    assert page.get("lang") == language
    assert page.get("dir") == ("rtl" if language in {"ar", "he"} else "ltr")


def test_a_right_to_left_issue_is_mirrored():
    html = render(language="ar").html

    assert "border-right:3px solid" in html.replace(": ", ":")
    assert "border-left:3px solid" not in html.replace(": ", ":")


@pytest.mark.parametrize(
    "evil",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        '"><svg onload=alert(1)>',
        "{{ settings.SECRET_KEY }} {% debug %}",
        "</mj-text></mj-column><mj-raw><script>x</script></mj-raw>",
        "<![CDATA[<script>]]>",
        "&lt;script&gt;",
    ],
)
def test_nothing_that_an_editor_writes_runs(evil):
    rendered = render(text=evil)
    page = tree(rendered)

    assert not list(page.iter("script"))
    assert not list(page.iter("svg"))
    assert not [e for e in page.iter() if any(name.startswith("on") for name in e.keys())]  # noqa: SIM118 - lxml
    assert evil in page.text_content()
    assert evil in write_text(make_document(evil)).replace("\n", " ")


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "vbscript:x"])
def test_no_link_in_running_text_runs_code(url):
    prose = make_document().sections[0].blocks[0]
    body = replace(prose, markdown=f"[x]({url}) <{url}>")
    document = make_document()
    section = replace(document.sections[0], blocks=(body,))

    page = tree(render(replace(document, sections=(section,))))

    assert not [a for a in page.iter("a") if (a.get("href") or "").startswith(url[:4])]


@settings(max_examples=40, deadline=None)
@given(
    st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=40)
)
def test_any_text_renders_and_can_be_read(text):
    document = make_document(text)

    page = tree(render(document))

    assert " ".join(text.split()) in " ".join(page.findtext(".//title", "").split())


def test_everybody_in_the_colophon_is_named_in_both_parts():
    rendered = render()

    for part in (tree(rendered).text_content(), rendered.text):
        for word in ("Bo Li", "a@b.example", "https://b.example/", "+47 1"):
            assert word in part


def test_a_picture_that_was_not_loaded_is_refused():
    with pytest.raises(RenderingError, match=r"'boat\.jpg' was not loaded"):
        render(replace(make_document(), pictures={}))


def test_an_unknown_theme_is_refused_with_those_that_exist():
    with pytest.raises(RenderingError, match="there are default"):
        load_theme("brutalist")


@pytest.mark.parametrize(
    ("mjml", "message"),
    [
        ("<mj-table>", "<mj-table> that is not supported"),
        ('<mj-text colour="red">', "'colour' that <mj-text> does not have"),
        ("<mj-text color=red>", "are not all written"),
        ('<mj-style inline="inline">', "'inline' that <mj-style>"),
    ],
)
def test_a_themes_mistakes_are_told(mjml, message):
    with pytest.raises(RenderingError, match=message):
        check_mjml(mjml, theme="mine")


def test_broken_mjml_is_told():
    with pytest.raises(RenderingError, match="can't be compiled"):
        compile_mjml("<mjml><mj-body>")


@pytest.mark.parametrize(
    ("date", "language", "shown"),
    [
        (PublishedDate(year=2021, month=2), "en", "February 2021"),
        (PublishedDate(year=2021), "en", "2021"),
        (PublishedDate(year=2021, month=2, day=3), "fr", "3 février 2021"),
        (PublishedDate(year=2021, month=2), "ar", "فبراير 2021"),
    ],
)
def test_a_date_is_as_exact_as_it_was_given(date, language, shown):
    assert write_date(date, language) == shown


def test_directions_come_from_the_language():
    assert find_direction("ar") is Direction.RTL
    assert find_direction("pt-BR") is Direction.LTR


def test_text_is_wrapped_by_the_width_it_takes():
    assert measure("नि") < len("नि") + 1
    for line in wrap("汉" * 100):
        assert measure(line) <= 72
    assert wrap("x" * 100) == ["x" * 100]
    assert wrap("") == []


def test_the_text_part_has_no_long_line():
    for language in ("en", "ar", "zh-Hans"):
        text = write_text(make_document("Words and more words " * 9, language=language))
        assert max(measure(line) for line in text.split("\n")) <= 72


def test_a_code_block_stands_in_the_text_part():
    document = make_document()
    block = replace(
        document.sections[0].blocks[0], markdown="Run:\n\n    make\n\nor <https://x.example>"
    )
    section = replace(document.sections[0], blocks=(block,), articles=())

    text = write_text(replace(document, sections=(section,)))

    assert "make" in text
    assert text.count("https://x.example") == 1


@pytest.mark.parametrize("name", ["sample.en.md", "sample.ar.md"])
def test_the_samples_fit_every_mail_program(name):
    rendered = render(read_issue(ROOT / "mailer" / "demo" / "issues" / name))

    assert len(binascii.b2a_qp(rendered.html.encode())) < 80_000
    assert len(rendered.pictures) == 3


def test_the_real_bulletin_fits_every_mail_program(shared: Path):
    rendered = render(read_issue(shared / "bulletin" / "issue-13.md"))

    assert len(binascii.b2a_qp(rendered.html.encode())) < 80_000
    assert "Patrick O'Connor" in rendered.text
