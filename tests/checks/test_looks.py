"""Checks of how it looks: contrast in the light and in the dark, size, and mail programs."""

from __future__ import annotations

import pytest

from mailer.checks.clients import check_clients
from mailer.checks.colours import measure_contrast, read_colour
from mailer.checks.contrast import check_contrast
from mailer.checks.findings import Severity
from mailer.checks.size import check_size, list_shares, measure
from mailer.types import Announcement, Prose
from tests.fakes.proofs import make_page, make_proof

DARK = "<style>@media (prefers-color-scheme: dark) {{ {} }}</style>"


@pytest.mark.parametrize(
    ("value", "colour"),
    [
        ("#fff", (255, 255, 255)),
        ("#8A1c2b", (138, 28, 43)),
        ("rgb(1, 2, 300)", (1, 2, 255)),
        ("no-repeat Red", (255, 0, 0)),
        ("inherit", None),
        ("", None),
    ],
)
def test_colours_are_read_as_css_writes_them(value, colour):
    assert read_colour(value) == colour


def test_contrast_is_that_of_the_guidelines():
    assert measure_contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
    assert measure_contrast((119, 119, 119), (255, 255, 255)) == pytest.approx(4.48, abs=0.01)


def test_the_real_theme_can_be_read_in_the_light_and_in_the_dark():
    link = Prose(markdown="Words and [a link](https://a.example/)\n\n> said")
    button = Announcement(label="Join us", url="https://a.example/")

    assert not list(check_contrast(make_proof(link, button)))


def test_pale_text_is_told_once_with_its_words_and_figures():
    page = "<p style='color:#999'>Pale words</p><p style='color:#999'>More</p>"

    [finding] = [each for each in check_contrast(make_page(page)) if "light" in each.what]

    assert "“Pale words” stands in #999999 on #ffffff: contrast 2.8" in finding.what


@pytest.mark.parametrize(
    ("style", "told"),
    [
        ("color:#777;font-size:16px", True),
        ("color:#777;font-size:24px", False),
        ("color:#777;font-size:20px;font-weight:bold", False),
        ("color:#777;font-size:20px;font-weight:700", False),
        ("color:#777;font-size:20px;font-weight:400", True),
        ("color:#999;display:none", False),
        ("color:#fff;background:#fff url(x) no-repeat", True),
    ],
)
def test_large_text_needs_less_and_what_is_hidden_nothing(style, told):
    found = list(check_contrast(make_page(f"<p style='{style}'>Words<b></b></p>")))

    assert bool(found) is told


def test_a_ground_by_attribute_and_text_after_a_tag_are_seen():
    cell = "<td bgcolor='#000000'><p style='color:#fff'>a</p><i></i> dark words</td>"
    page = f"<table><tr>{cell}</tr></table>"

    found = list(check_contrast(make_page(page)))

    assert all("“dark words”" in each.what for each in found)
    assert len(found) == 2  # in the light and in the dark


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        (".a { background: #111 !important; }", True),
        (".a { background: #111 !important; } p.a { color: #eee !important; }", False),
        # What is written into the element wins over a rule that does not say it is important.
        (".a { background: #111 !important; color: #eee; }", True),
        # The more specific rule wins, though it stands above.
        ("p.a { background: #fff !important; } .a { background: #111 !important; }", False),
        (".a { background: #111 !important; } .a { background: #fff !important; }", False),
        # What no mail program understands does nothing; rules that do not end, neither.
        ("::nonsense(( { background: #111 !important; }", False),
        (".b { background: #111 } .a { background-image: none; }", False),
    ],
)
def test_dark_mode_is_settled_as_the_cascade_says(rules, told):
    page = "<p class='a' style='color:#222222;background-color:#ffffff'>Words</p>"

    found = list(check_contrast(make_page(page, head=DARK.format(rules))))

    assert [each for each in found if "In the light" in each.what] == []
    assert bool(found) is told


def test_a_rule_that_is_not_important_counts_where_the_element_says_nothing():
    head = DARK.format(".a { background-color: #222; } .a { color: #333; }") + "<style></style>"

    [finding] = check_contrast(make_page("<p class='a'>Words</p>", head=head))

    assert "#333333 on #222222" in finding.what


def test_a_style_sheet_that_is_cut_off_is_read_as_far_as_it_goes():
    head = "<style>@media (prefers-color-scheme: dark) { .a { color: #fff } "

    assert list(check_contrast(make_page("<p class='a'>Words</p>", head=f"{head}</style>")))


def test_a_page_within_the_limit_is_left_alone_and_near_it_is_noted():
    assert not list(check_size(make_page("<p>small</p>")))
    [finding] = check_size(make_page("x" * 96_000))
    assert finding.severity is Severity.NOTE
    assert "close to 102 KB" in finding.what


def test_what_gmail_cuts_is_told_with_the_largest_articles():
    page = f'<a id="lamp"></a>{"x" * 90_000}<a id="seed"></a>{"é" * 9_000}<h2>Colophon</h2>yyy'
    proof = make_page(page)

    [finding] = check_size(proof)

    assert finding.severity is Severity.WARNING
    assert "“The lamp” 9" in finding.what
    [first, second] = list_shares(proof)
    assert (first.place.anchor, second.place.anchor) == ("lamp", "seed")
    # Six octets for a letter of two, and soft breaks; nothing of the colophon.
    assert 54_000 < second.octets < 57_000
    assert first.octets + second.octets < measure(proof)


@pytest.mark.parametrize(
    ("page", "told"),
    [
        ("<p style='position:absolute'>x</p>", "position"),
        ("<p style='display:flex'>x</p>", "flex"),
        ("<p style='background-image:url(x)'>x</p>", "background"),
        ("<p style='color:var(--a)'>x</p>", "var()"),
        ("<p style='width:calc(1px + 2px)'>x</p>", "calc()"),
        ("<p style='opacity:0.5'>x</p>", "opacity"),
        ("<p style='filter:blur(2px)'>x</p>", "effect"),
        ("<svg></svg>", "<svg>"),
        ("<form></form>", "<form>"),
        ("<script>alert(1)</script>", "<script>"),
        ("<img alt='' src='data:image/png;base64,AA'>", "stands in the page itself"),
        ("<style>@font-face { src: url(x) }</style>", "typeface"),
        (f"<style>{'a{}' * 6_000}</style>", "more than Gmail reads"),
    ],
)
def test_what_mail_programs_drop_is_told_once(page, told):
    [finding] = check_clients(make_page(page + page))

    assert told in finding.what


@pytest.mark.parametrize(
    "page", ["<p style='opacity:1'>x</p>", "<p style='display:none;opacity:0'>x</p>", "<p>flex</p>"]
)
def test_what_harms_nobody_is_not_told(page):
    assert not list(check_clients(make_page(page)))
