"""What an issue file must not hold is told, whatever it is."""

from __future__ import annotations

import pytest

from tests.content.test_parse import BODY, FRONT, body_problems, problems


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (('subject: "Spring"', 'subject: ""'), "has no subject"),
        (("number: 7", "number: seven"), "number is 'seven'"),
        (("number: 7", "number: 0"), "number is '0'"),
        (("number: 7", "number: 7\nnumber: 8"), "given twice"),
        (("published: 2026-03", "published: March"), "published is 'March'"),
        (("published: 2026-03", "published: 2026-13"), "published is '2026-13'"),
        (("published: 2026-03", "published:"), "has no published"),
        (("language: en", "language: english please"), "language is"),
        (("language: en", "language: xx"), "language is 'xx'"),
        (("[Ada Berg, Bo Li]", "Ada Berg"), "no list of names"),
        (("[Ada Berg, Bo Li]", "[]"), "a name that is empty"),
        (("  roles:\n    Editors: [Ada Berg, Bo Li]", "  roles: nobody"), "no list of roles"),
        (("  publisher: Harbour Institute", "  email: nobody"), "email is 'nobody'"),
        (("  publisher: Harbour Institute", "  website: ftp://x"), "website is 'ftp://x'"),
        (("  publisher: Harbour Institute", "  website: https://[::1/"), "website is 'https://["),
        (("  publisher: Harbour Institute", "  website: mailto:a@b.example"), "website is 'mailto"),
        *(
            (("  publisher: Harbour Institute", f"  email: {email}"), f"email is '{email}'")
            for email in (
                *("é@example.org", "a@مثال.example", "a,b@x.example", "a(b)@x.example"),
                *(".a@x.example", "a@-x-", "a@b@c.example"),
            )
        ),
        (("publication: The", "publication: [The"), "front matter is broken"),
        (("publication: The Harbour Letter", "publication: {a: b}"), "publication is not text"),
        (("publication: The Harbour Letter", "publication: &a x"), "anchors are not used"),
        (("publication: The Harbour Letter", "publication: *a"), "broken"),
        (("number: 7", "number: !!python/object:os.system 7"), "tags are not used"),
        (("number: 7", "? [a]\n: 1\nnumber: 7"), "a field's name is not text"),
        (('subject: "Spring"', f'subject: "{"x" * 300}"'), "subject has 300 characters"),
        (("colophon:", "colophons:"), "unknown field 'colophons'"),
        (("number: 7", f"number: 7\n{'n' * 201}: 8"), "a field's name has 201 characters"),
        (("Editors: [", "'': ["), "a role has no title"),
        (("Ada Berg", "A" * 201), "a name of more than 200 characters"),
        (("Harbour Institute", '"Harbour \\u202e"'), "issue.md:9: there is an invisible character"),
        (("Harbour Institute", '"Harbour \\ufdd0"'), "issue.md:9: there is an invisible character"),
    ],
)
def test_a_broken_front_matter_is_told(change, message):
    found = problems((FRONT + BODY).replace(*change))

    assert any(message in line for line in found), found


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("", "there is no section"),
        ("Text.\n", "text stands before any section"),
        ("## Article\n\n# S\n", "an article stands before any section"),
        (f"# {'x' * 400}\n", "a heading is very long"),
        ("# A\n\n<script>alert(1)</script>\n", "HTML is not used here"),
        ("# A\n\nSome <b>bold</b> text\n", "HTML is not used here"),
        ("# A\n\n<!-- comment -->\n", "HTML is not used here"),
        ("# A\n\n![boat](boat.jpg)\n", "a picture stands in running text"),
        ("# A\n\nTitle\n=====\n", "a heading is underlined"),
        ("# A\n\n[x](javascript:alert(1)) y\n", "a link leads to 'javascript:"),
        ("# A\n\n[x](java&#115;cript:alert(1)) y\n", "a link leads to"),
        ("# A\n\n[x](JaVaScRiPt:alert)\n", "a link leads to"),
        ("# A\n\nsee <data:text/html,x>\n", "a link leads to 'data:"),
        ("# A\n\n[x](http://[bad) y\n\n[x]: //y\n[x]\n", "a link leads to"),
        ("# A\n\n:::photo\nsrc: a.jpg\n:::\n", "the photo has no alt"),
        ("# A\n\n:::photo\nsrc: a.jpg\nalt: b\nfoo: c\n:::\n", "unknown field 'foo'"),
        ("# A\n\n:::profile\nname: A\nportrait: a.jpg\n:::\n", "no portrait_alt"),
        ("# A\n\n:::event\ntitle: A\nstarts: soon\n:::\n", "starts is 'soon'"),
        ("# A\n\n:::event\ntitle: A\nstarts: 2026-02-02\nends: 2026-02-01\n:::\n", "ends before"),
        ("# A\n\n:::event\ntitle: A\nstarts: 2026-02-02\nurl: ftp://a\n:::\n", "url is 'ftp://a'"),
        ("# A\n\n:::photo\nsrc: a\n", "has no end"),
        ("# A\n\n:::photo\n- a\n:::\n", "no list of fields"),
        ("# A\n\n:::photo\na: [\n:::\n", "the photo is broken"),
        ("# A\n\n> \n", "a quotation has no words"),
        ("# A\n\nnul \0 here\n", "an invisible character, U+0000"),
        ("# A\n\nbidi \u202e here\n", "an invisible character, U+202E"),
        ("# A\n\n[a &#8238; b](https://x.example)\n", "an invisible character, U+202E"),
        ("# A\n\n[](https://x.example)\n", "a link has no words"),
        ("# A\n\n[x](<https://x.example/a b>) y\n", "a link leads to 'https://x.example/a b'"),
        ("# A\n\n[x](#nowhere) y\n", "a link jumps to '#nowhere', which is not in this issue"),
        ("# A\n\n:::photo\n:::\n", "the photo has no src"),
        ("# A\n\n```\ncode\n", "a block of code has no end"),
        ("# A\n\n- # B\n", "a section's or article's heading is indented"),
        ("# A\n\nMHSLOT\n", "a mark that Masthead keeps for itself"),
        (f"# A\n\n{'words ' * 3_400}\n", "more than 20,000 characters stand without an empty line"),
        ("# A\n\n" + "![\n" * 2_000, "too many opening brackets [ stand without an empty line"),
    ],
)
def test_a_bad_body_is_told(body, message):
    found = body_problems(body)

    assert any(message in line for line in found), found


def test_a_jump_to_nowhere_is_told_with_its_line_in_a_quotation_too():
    found = body_problems("# A\n\n>\n> One\n> [x](#nowhere) y\n")

    assert found[0].startswith("issue.md:19: a link jumps to '#nowhere'")
