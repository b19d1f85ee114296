"""Checks of what is written: pictures' words, links, fields, subject, headings, languages."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mailer.checks.envelope import check_address, check_preheader, check_subject, check_way_out
from mailer.checks.fields import check_fields
from mailer.checks.findings import Finding, Severity
from mailer.checks.headings import check_headings
from mailer.checks.judge import find_errors, judge_proof, sort_findings
from mailer.checks.languages import compare_editions
from mailer.checks.links import check_anchors, check_link_texts, find_places, list_urls
from mailer.checks.pictures import check_pictures
from mailer.checks.strays import check_strays
from mailer.types import Announcement, Event, Photo, Profile, Prose, Quotation, SlotName, slot
from tests.fakes.documents import make_document
from tests.fakes.proofs import make_page, make_proof

PHOTO = Photo(source="boat.jpg", alt="A blue boat at the quay")


def tell(findings) -> list[str]:
    return [f"{each.severity}: {each.what}" for each in findings]


@pytest.mark.parametrize(
    ("alt", "caption", "told"),
    [
        ("", "", "error: A picture has no alt text."),
        ("DSC_0042.JPG", "", "name."),
        ("IMG_20260301", "", "name."),
        ("Photo", "", "does not say what is shown"),
        ("صورة", "", "does not say what is shown"),
        ("Bo", "", "does not say what is shown"),
        ("The quay at dusk", "The quay at dusk", "the caption once more"),
        ("word " * 70, "", "has 349 characters"),
    ],
)
def test_words_that_do_not_show_a_picture_are_told(alt, caption, told):
    [finding] = check_pictures(make_proof(replace(PHOTO, alt=alt, caption=caption)))

    assert told in f"{finding.severity}: {finding.what}"
    assert (finding.place.anchor, finding.place.block) == ("lamp", 1)


def test_a_portrait_is_a_picture_and_a_card_without_one_is_none():
    bare = Profile(name="Bo Li")
    shown = Profile(name="Bo Li", portrait="bo.png", portrait_alt="portrait")

    [finding] = check_pictures(make_proof(bare, shown))

    assert finding.place.block == 2


def test_good_words_in_any_script_are_good():
    assert not list(check_pictures(make_proof(PHOTO, replace(PHOTO, alt="船在码头"))))


def test_a_theme_s_picture_without_alt_is_an_error():
    [finding] = check_pictures(make_page("<img src='a.png'><img src='b.png' alt=''>"))

    assert finding.severity is Severity.ERROR


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "Click here"),
        ("en", "» Read more…"),
        ("fr", "En savoir plus"),
        ("ru", "здесь"),
        ("ar", "اضغط هنا"),
        ("zh-Hans", "点击这里"),
        ("tlh", "here"),
        ("es-MX", "Aquí"),
    ],
)
def test_a_link_that_says_nothing_is_told(language, words):
    proof = make_page(f"<a href='https://a.example/'>{words}</a>", language=language)

    assert "does not say where it leads" in next(iter(check_link_texts(proof))).what


def test_a_link_without_words_is_an_error_and_a_picture_s_words_are_words():
    page = "<a href='https://a.example/'> </a><a href='/'><img alt='Home' src='x'></a><a>plain</a>"

    assert tell(check_link_texts(make_page(page))) == ["error: A link has no text."]


def test_a_jump_to_nowhere_is_an_error_where_it_stands():
    page = "<a id='lamp'></a><a href='#gone'>Down</a><a href='#lamp'>Up</a><a name='n'></a>"
    [finding] = check_anchors(make_page(f"{page}<a href='#n'>Old</a>"))

    assert "“#gone”" in finding.what
    assert finding.place.title == "The lamp"


def test_links_to_visit_are_those_of_the_web_each_once_with_its_place():
    prose = Prose(markdown="[one](https://a.example/x?a=1&b=2) [two](mailto:a@b.example)")
    proof = make_proof(prose, prose)

    urls = list_urls(proof)

    assert "https://a.example/x?a=1&b=2" in urls
    assert len(urls) == len(set(urls))
    assert not [url for url in urls if "MHSLOT" in url or "mailto" in url]
    assert find_places(proof)["https://a.example/x?a=1&b=2"].anchor == "lamp"


@pytest.mark.parametrize(
    "block",
    [
        Prose(markdown="Dear {{ first_name }},"),
        Quotation(markdown="Hello *|FNAME|*"),
        Photo(source="boat.jpg", alt="A boat", caption="for %recipient.name%"),
        Profile(name="{First Name}"),
        Announcement(label="Join %%MEMBER%%", url="https://a.example/"),
        Event(
            title="<<Event Name>>", starts=make_document().sections[0].articles[0].blocks[7].starts
        ),
    ],
)
def test_a_field_of_another_program_is_an_error_in_any_block(block):
    [finding] = check_fields(make_proof(block))

    assert finding.severity is Severity.ERROR
    assert finding.place.block == 1


@pytest.mark.parametrize("text", ["a {brace} and 50 % of [[]] | x |", "<code>{{</code>", "2 << 3"])
def test_braces_that_are_no_field_are_left_alone(text):
    assert not list(check_fields(make_proof(Prose(markdown=text))))


def test_a_field_in_the_subject_or_a_title_is_found():
    assert len(list(check_fields(make_proof(subject="Hi {{name}}")))) == 1
    page = make_page("", head="")
    titled = replace(page.document.sections[0], title="For *|NAME|*")
    assert list(check_fields(replace(page, document=replace(page.document, sections=(titled,)))))


def test_a_theme_that_shows_names_is_told_of_who_gave_none():
    [finding] = check_fields(make_page(f"<p>Dear {slot(SlotName.NAME)},</p>"))

    assert (finding.rule, finding.severity) == ("merge-field", Severity.WARNING)


@pytest.mark.parametrize(
    ("length", "told"), [(78, []), (79, [Severity.NOTE]), (131, [Severity.WARNING])]
)
def test_a_long_subject_is_told(length, told):
    found = check_subject(make_proof(subject="s" * length))

    assert [each.severity for each in found] == told


@pytest.mark.parametrize(
    ("preheader", "told"),
    [
        ("", "There is no preheader."),
        ("SPRING", "The preheader is the subject once more."),
        ("p" * 151, "The preheader has 151 characters."),
        ("Short", "The preheader has 5 characters."),
    ],
)
def test_a_preheader_that_does_not_help_is_told(preheader, told):
    [finding] = check_preheader(make_proof(subject="Spring", preheader=preheader))

    assert finding.what == told


def test_a_theme_without_way_out_or_address_is_an_error_in_page_and_text():
    proof = make_page("<p>Hello</p>", text="Hello")

    assert len(list(check_way_out(proof))) == 2
    assert {each.severity for each in check_address(proof)} == {Severity.ERROR}


def test_an_address_that_is_broken_over_lines_is_there():
    proof = make_proof(Prose(markdown="Words"))

    assert not list(check_address(proof))


def test_headings_that_skip_are_empty_or_missing_are_told():
    found = tell(check_headings(make_page("<h2>News</h2><h4>Deep</h4><h3> </h3><p>x</p>")))

    assert found == [
        "warning: “News” is a heading of level 2 below no other.",
        "warning: “Deep” is a heading of level 4 below one of level 2.",
        "error: A heading of level 3 is empty.",
        "warning: The page has 0 headings of level 1, and not one.",
    ]


def test_a_page_without_a_body_has_no_words():
    assert make_page("").words() == ""


def test_an_issue_in_order_has_nothing_to_tell():
    proof = make_proof(
        PHOTO, Prose(markdown="Words"), preheader="What the tide brought in this spring, and why"
    )

    assert judge_proof(proof) == ()
    assert find_errors(proof) == ()


def test_errors_come_first_and_each_once():
    worst = Finding(rule="a", severity=Severity.ERROR, what="x", means="y")
    least = Finding(rule="a", severity=Severity.NOTE, what="x", means="y")

    assert sort_findings([least, worst, least]) == (worst, least)
    assert worst.key != replace(worst, what="z").key


def test_a_language_that_lags_is_told_what_it_lacks():
    full = make_document("The tide came in over the whole quay, and took the old boards with it.")
    section = full.sections[0]
    short = replace(
        full, language="fr", sections=(replace(section, articles=(), blocks=section.blocks),)
    )

    found = compare_editions({"en": full, "fr": short}, expected=["en", "ar"])

    told = "\n".join(tell(found["fr"]))
    assert "0 of the 1 articles that en has" in told
    assert "0 of the 2 photos" in told
    assert "1 of the 2 sections" in told
    assert "is the same text as in en" in told
    assert found["en"] == []
    assert "There is no edition in ar" in found["ar"][0].what


def test_a_name_that_is_the_same_in_two_languages_is_no_lack():
    card = (Prose(markdown="Ada Berg"), Profile(name="Ada Berg"))
    one = make_proof(*card).document

    assert compare_editions({"en": one, "fr": one}) == {"en": [], "fr": []}


@pytest.mark.parametrize(
    ("words", "what"),
    [
        ("| a | b |\n|---|---|\n| 1 | 2 |", "a table"),
        ("##News of the week", "a heading without a space"),
        ("It is ~~not~~ so", "struck-out text"),
        ("- [ ] bring a boat", "a box to tick"),
        ("Bread &amp;amp; butter", "a character's name in HTML"),
    ],
)
def test_signs_that_do_nothing_are_told_once_for_each_place(words, what):
    [finding] = check_strays(make_proof(Prose(markdown=f"{words}\n\n{words}")))

    assert what in finding.what
    assert finding.place.anchor == "lamp"


@pytest.mark.parametrize(
    "words", ["No. #2 of 3", "a | b", "~ 5 km ~~", "R&D; AT&T", "[x]", "--- and |"]
)
def test_signs_that_are_meant_are_left_alone(words):
    assert list(check_strays(make_proof(Prose(markdown=words)))) == []
