"""Whatever stands in whatever field, the page shows it and runs none of it."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.documents import make_document
from tests.fakes.pages import parse_page, render

EVIL = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "' onmouseover='alert(1)",
    "</title><script>alert(1)</script>",
    "--><script>alert(1)</script><!--",
    "<![endif]--><script>alert(1)</script>",
    "</mj-text></mj-column><mj-raw><script>x</script></mj-raw>",
    "<mj-text>",
    "<![CDATA[<script>]]>",
    "&lt;script&gt;",
    "&#60;script&#62;",
    "{{ settings }}",
    "{{ document.colophon }}",
    "{% load static %}",
    "{% debug %}",
    '{% include "/etc/passwd" %}',
    "{# hidden #}",
    "</style><style>p { display: none }</style>",
    "{email}",
    "%s %(x)s",
    'data-premailer="ignore"',
]
RUNNING = {"script", "svg", "iframe", "object", "embed", "form", "base", "link"}
URLS = {"url", "website"}
# Fields that hold no prose: a name in a table, a tag, a place in the page.
NO_TEXT = {"language", "anchor", "source", "portrait", "pictures", "published", "number"}


def assert_inert(page) -> None:
    assert not [element.tag for element in page.iter() if element.tag in RUNNING]
    assert not [name for e in page.iter() for name in e.keys() if name.startswith("on")]  # noqa: SIM118 - lxml's
    links = [a.get("href") for a in page.iter("a") if a.get("href")]
    assert not [url for url in links if not url.startswith(("#", "http", "mailto:", "MHSLOT."))]


def list_fields(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of each text of a document: names of fields and places in tuples."""
    if isinstance(value, str):
        return [path] if value else []
    if isinstance(value, tuple):
        return [p for i, each in enumerate(value) for p in list_fields(each, (*path, i))]
    if not is_dataclass(value):
        return []
    names = [field.name for field in fields(value) if field.name not in NO_TEXT]
    return [p for name in names for p in list_fields(getattr(value, name), (*path, name))]


def put(value: Any, path: tuple[Any, ...], text: str) -> Any:
    """Return the document with another text at a path."""
    if not path:
        return text
    head, *rest = path
    if isinstance(value, tuple):
        return (*value[:head], put(value[head], tuple(rest), text), *value[head + 1 :])
    return replace(value, **{head: put(getattr(value, head), tuple(rest), text)})


FIELDS = list_fields(make_document())


@pytest.mark.parametrize("evil", EVIL)
def test_it_is_shown_as_it_was_written_in_all_fields_at_once(evil):
    rendered = render(make_document(evil))
    page = parse_page(rendered)

    assert_inert(page)
    shown = page.text_content()
    assert page.findtext(".//title") == evil
    assert page.findtext(".//h1") == evil
    assert shown.count(evil) >= 15
    assert {image.get("alt") for image in page.iter("img")} == {evil}
    assert " ".join(rendered.text.split()).count(evil) >= 15


@pytest.mark.parametrize("path", [p for p in FIELDS if p[-1] not in URLS], ids=str)
def test_it_is_inert_in_each_field_alone(path):
    evil = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{ settings }}"

    page = parse_page(render(put(make_document(), path, evil)))

    assert_inert(page)
    assert len(list(page.iter("img"))) == 3


@pytest.mark.parametrize("path", [p for p in FIELDS if p[-1] in URLS], ids=str)
def test_an_address_can_not_leave_its_attribute(path):
    evil = "https://a.example/\"'><script>alert(1)</script> onclick=x {{ settings }}"

    page = parse_page(render(put(make_document(), path, evil)))

    assert_inert(page)
    assert [a for a in page.iter("a") if "settings" in (a.get("href") or "")]


def test_a_mailbox_can_not_become_another_link():
    document = put(make_document(), ("colophon", "email"), "javascript:alert(1)?bcc=x@y.example")

    page = parse_page(render(document))

    assert [a.get("href") for a in page.iter("a") if "alert" in (a.get("href") or "")] == [
        "mailto:javascript%3Aalert%281%29%3Fbcc%3Dx@y.example"
    ]


TEXTS = (
    st.text(
        st.characters(exclude_categories=("Cc", "Cs", "Cn"), exclude_characters="\u2028\u2029"),
        min_size=1,
        max_size=60,
    )
    .map(str.strip)
    .filter(bool)
)


@settings(max_examples=60, deadline=None)
@given(TEXTS)
def test_any_text_in_all_fields_renders_and_appears(text):
    rendered = render(make_document(text))
    page = parse_page(rendered)

    assert_inert(page)
    assert page.findtext(".//title") == text
    assert page.findtext(".//h1") == text
    assert {" ".join(i.get("alt").split()) for i in page.iter("img")} == {" ".join(text.split())}
    assert "".join(text.split()) in "".join(rendered.text.split())


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([p for p in FIELDS if p[-1] not in URLS]), TEXTS)
def test_any_text_in_any_field_renders(path, text):
    page = parse_page(render(put(make_document(), path, text)))

    assert_inert(page)
    assert len(list(page.iter("h1"))) == 1
