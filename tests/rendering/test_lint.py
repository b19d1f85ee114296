"""A theme's author is told what the compiler would silently drop."""

from __future__ import annotations

from pathlib import Path

import mjml
import pytest

from mailer.errors import RenderingError
from mailer.rendering.lint import TAGS, check_theme, find_mistakes

VALUES = [
    *("7px", "50%", "3px solid #123456", "#123456", "https://a.example/", "marker"),
    *("left", "right", "bottom", "ltr", "rtl", "full-width", "italic", "underline", "true"),
]
BODY = "<mjml><mj-body>{}</mj-body></mjml>"
COLUMN = BODY.format("<mj-section><mj-column>{}</mj-column></mj-section>")
TEXT = "<mj-text>x</mj-text>"
PLACES = {
    "mjml": "<mjml {}><mj-body></mj-body></mjml>",
    "mj-body": "<mjml><mj-body {}><mj-section></mj-section></mj-body></mjml>",
    "mj-wrapper": BODY.format("<mj-wrapper {}><mj-section></mj-section></mj-wrapper>"),
    "mj-section": BODY.format("<mj-section {}><mj-column></mj-column></mj-section>"),
    "mj-group": BODY.format(
        "<mj-section><mj-group {}><mj-column></mj-column></mj-group></mj-section>"
    ),
    "mj-column": BODY.format(f"<mj-section><mj-column {{}}>{TEXT}</mj-column></mj-section>"),
    "mj-text": COLUMN.format("<mj-text {}>x</mj-text>"),
    "mj-table": COLUMN.format("<mj-table {}><tr><td>x</td></tr></mj-table>"),
    "mj-button": COLUMN.format("<mj-button {}>x</mj-button>"),
    "mj-image": COLUMN.format("<mj-image {} />"),
    "mj-divider": COLUMN.format("<mj-divider {} />"),
    "mj-spacer": COLUMN.format("<mj-spacer {} />"),
    "mj-all": "<mjml><mj-head><mj-attributes><mj-all {} /></mj-attributes></mj-head>"
    f"<mj-body><mj-section><mj-column>{TEXT}</mj-column></mj-section></mj-body></mjml>",
}


def is_heeded(tag: str, attribute: str) -> bool:
    without = mjml.mjml2html(PLACES[tag].format(""), fonts={})
    for value in VALUES:
        try:
            html = mjml.mjml2html(PLACES[tag].format(f'{attribute}="{value}"'), fonts={})
        except ValueError:
            continue
        if html != without:
            return True
    return False


@pytest.mark.parametrize("tag", [tag for tag, attributes in TAGS.items() if attributes])
def test_every_attribute_that_it_allows_is_one_that_the_compiler_heeds(tag):
    assert [name for name in sorted(TAGS[tag]) if not is_heeded(tag, name)] == []


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ("<mj-carousel>", "a tag <mj-carousel> that is not supported"),
        ("<mj-include />", "a tag <mj-include> that is not supported"),
        ('<mj-text colour="red">', "an attribute 'colour' that <mj-text> does not have"),
        ('<mj-style inline="inline">', "an attribute 'inline' that <mj-style> does not have"),
        ('<mj-wrapper gap="8px">', "an attribute 'gap' that <mj-wrapper> does not have"),
        ("<mj-text color=red>", 'attributes of <mj-text> that are not all written name="value"'),
        ("<mj-text color='red'>", 'attributes of <mj-text> that are not all written name="value"'),
        ('<mj-text color="red"', "a tag that does not end"),
    ],
)
def test_it_finds_what_would_be_dropped(source, what):
    assert what in [found for _, found in find_mistakes(source)]


@pytest.mark.parametrize(
    "source",
    [
        '<mj-text color="red" padding="0">',
        "<mj-image />",
        '<p class="x">no MJML</p>',
        "<mj-column><mj-text>",
    ],
)
def test_it_finds_nothing_in_what_is_right(source):
    assert list(find_mistakes(source)) == []


def make_theme(folder: Path, **files: str) -> Path:
    contents = {"issue.mjml": "<mjml></mjml>", "inline.css": "p { color: red }"}
    names = {name.replace("_", "."): text for name, text in files.items()}
    for name, text in (contents | names).items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_it_names_theme_template_line_and_tag(tmp_path):
    theme = make_theme(tmp_path, block_mjml="<mj-text>\n</mj-text>\n<mj-hero>")

    with pytest.raises(
        RenderingError, match=rf"'{tmp_path.name}' has in block\.mjml:3 a tag <mj-hero>"
    ):
        check_theme(theme)


def test_it_tells_all_mistakes_at_once(tmp_path):
    theme = make_theme(tmp_path, a_mjml="<mj-hero>", b_mjml="<mj-navbar>")

    with pytest.raises(RenderingError, match=r"<mj-hero>.*; .*<mj-navbar>"):
        check_theme(theme)


def test_template_tags_and_sides_are_read_through(tmp_path):
    width = "{% if x %}30{% else %}70{% endif %}%"
    text = f'{{# <mj-hero> #}}<mj-column border-{{{{ start }}}}="1px" width="{width}">'

    check_theme(make_theme(tmp_path, block_mjml=text))

    assert (tmp_path / "block.mjml").read_text() == text


@pytest.mark.parametrize(
    ("css", "what"),
    [
        ("@import 'x.css';", "@import"),
        ("p { background: URL(x.png) }", "URL"),
        ("p { color: red ! important }", "! important"),
        ("p { } </style>", "<"),
    ],
)
def test_a_style_sheet_loads_nothing_and_does_not_beat_dark_mode(tmp_path, css, what):
    with pytest.raises(RenderingError, match=rf"in inline\.css '{what}"):
        check_theme(make_theme(tmp_path, inline_css=css))


def test_a_sheet_that_is_not_inlined_may_insist(tmp_path):
    check_theme(make_theme(tmp_path, dark_css="p { color: red !important }"))

    assert (tmp_path / "dark.css").exists()
