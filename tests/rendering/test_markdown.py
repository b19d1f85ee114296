"""Markdown becomes HTML that is closed, known and inert."""

from __future__ import annotations

import pytest

from mailer.errors import RenderingError
from mailer.rendering.markdown import to_html
from mailer.types import SlotName, slot


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("*a* **b** `c`", "<p><em>a</em> <strong>b</strong> <code>c</code></p>"),
        ("### Minor", "<h4>Minor</h4>"),
        ("# Major", "<h4>Major</h4>"),
        ("###### Least", "<h6>Least</h6>"),
        ("a  \nb", "<p>a<br />\nb</p>"),
        ("***", "<hr />"),
        ("3. c\n4. d", '<ol start="3">\n<li>c</li>\n<li>d</li>\n</ol>'),
        (
            '[a](https://b.example/?c=1&d=2 "e")',
            '<p><a href="https://b.example/?c=1&amp;d=2" title="e">a</a></p>',
        ),
        ("[up](#top)", '<p><a href="#top">up</a></p>'),
        ("<b>x</b>", "<p>&lt;b&gt;x&lt;/b&gt;</p>"),
    ],
)
def test_it_writes_known_tags_and_closes_them(markdown, html):
    assert to_html(markdown, highest=4).strip() == html


@pytest.mark.parametrize(
    ("markdown", "html"),
    [("### Minor", "<h3>Minor</h3>"), ("##### Less", "<h5>Less</h5>"), ("# Big", "<h3>Big</h3>")],
)
def test_no_level_is_left_out_below_a_section(markdown, html):
    assert to_html(markdown, highest=3).strip() == html


def test_a_picture_in_running_text_stays_as_a_link_with_its_words():
    assert to_html("![boat](https://a.example/b.jpg)", highest=4).strip() == (
        '<p>!<a href="https://a.example/b.jpg">boat</a></p>'
    )


@pytest.mark.parametrize(
    "markdown",
    [
        "[x](javascript:alert(1))",
        "[x](JAVASCRIPT:alert(1))",
        "[x](javascript&colon;alert(1))",
        "[x](data:text/html,x)",
        "<javascript:alert(1)>",
        "[x](vbscript:x)",
        "[x](//evil.example)",
        "[x](page.html)",
        "[x]: javascript:alert(1)\n\n[x]",
    ],
)
def test_a_link_that_runs_code_or_leads_nowhere_has_no_address(markdown):
    assert "href" not in to_html(markdown, highest=4)


@pytest.mark.parametrize("dots", [".", "\\.", "&#46;"])
def test_a_slot_can_not_be_disguised(dots):
    with pytest.raises(RenderingError, match="delete it"):
        to_html(slot(SlotName.UNSUBSCRIBE_URL).replace(".", dots), highest=4)
