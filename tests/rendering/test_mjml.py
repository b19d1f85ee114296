"""The compiler writes attributes in a notation of its own; what reaches HTML is what was meant."""

from __future__ import annotations

import pytest
from lxml import html as lxml_html

from mailer.errors import RenderingError
from mailer.rendering.mjml import compile_mjml, protect_attributes

# Each of these came out of the compiler as an escape, or ended its attribute.
MARKS = {
    "quotation marks": 'say "hi"',
    "a backslash": "back\\slash",
    "a zero-width non-joiner": "a\u200cb",
    "a no-break space": "a\u00a0b",
    "a right-to-left mark": "a\u200fb",
    "an emoji with joiners": "👩\u200d🚀",
    "Hindi": "नमस्ते",
    "pointed Hebrew": "שָׁלוֹם",
    "Thai": "ภาษาไทย",
    "a combining mark": "e\u0301",
    "ampersands and brackets": "a & b < c > d",
    "an ideographic space": "漢\u3000字",
}


def escape(text: str) -> str:
    return (
        text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    )


def compile_block(block: str):
    mjml = (
        f"<mjml><mj-body><mj-section><mj-column>{block}</mj-column></mj-section></mj-body></mjml>"
    )
    return lxml_html.document_fromstring(compile_mjml(mjml))


@pytest.mark.parametrize("attribute", ["alt", "title", "href"])
@pytest.mark.parametrize("name", MARKS)
def test_an_attribute_says_what_was_meant(name, attribute):
    value = escape(MARKS[name])

    page = compile_block(f'<mj-image src="https://a.example/b.jpg" {attribute}="{value}" />')

    element = next(page.iter("a" if attribute == "href" else "img"))
    assert element.get(attribute) == MARKS[name]


@pytest.mark.parametrize("name", MARKS)
def test_an_attribute_of_html_inside_text_says_what_was_meant(name):
    page = compile_block(
        f'<mj-text><a title="{escape(MARKS[name])}">{escape(MARKS[name])}</a></mj-text>'
    )

    element = next(page.iter("a"))
    assert element.get("title") == element.text == MARKS[name]


def test_a_line_break_in_an_attribute_becomes_a_space():
    page = compile_block('<mj-image src="s" alt=" a\n\t b " />')

    assert next(page.iter("img")).get("alt") == "a b"


def test_text_between_tags_is_left_alone():
    text = 'alt="a\u200cb" \\ "quoted"'

    assert protect_attributes(f"<p>{text}</p>") == f"<p>{text}</p>"


def test_no_font_and_no_icon_comes_from_another_host():
    html = compile_mjml(
        '<mjml><mj-body><mj-section><mj-column><mj-text font-family="Roboto">a</mj-text>'
        '<mj-social><mj-social-element name="web" href="https://a.example/">b</mj-social-element>'
        "</mj-social></mj-column></mj-section></mj-body></mjml>"
    )

    assert "fonts.googleapis" not in html
    assert "https://www.mailjet" not in html


def test_the_doctype_is_one_that_the_inliner_keeps():
    assert compile_mjml("<mjml><mj-body></mj-body></mjml>").startswith("<!DOCTYPE html>")


@pytest.mark.parametrize(
    "mjml", ["<mjml><mj-body>", "<mjml><mj-body><p>a < b</p></mj-body></mjml>", ""]
)
def test_broken_mjml_is_told(mjml):
    with pytest.raises(RenderingError, match="can't be compiled"):
        compile_mjml(mjml)
