"""Rendered issues as a test reads them."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import html as lxml_html

from mailer.rendering.render import render_issue
from mailer.rendering.theme import load_theme
from mailer.types import Document, Profile, RenderedIssue

HOST = "https://news.example.org"


def render(document: Document) -> RenderedIssue:
    return render_issue(
        document, theme=load_theme(), picture_url=lambda each: f"{HOST}/pictures/{each.name}"
    )


def parse_page(rendered: RenderedIssue) -> lxml_html.HtmlElement:
    return lxml_html.document_fromstring(rendered.html)


def list_texts(document: Document) -> Iterator[str]:
    """Yield the texts that a reader must find: names, titles, addresses."""
    colophon = document.colophon
    yield from (document.publication, colophon.publisher, colophon.address)
    yield from (each for each in (colophon.phone, colophon.email, colophon.website) if each)
    for role in colophon.roles:
        yield from (role.title, *role.names)
    for section in document.sections:
        yield section.title
        for article in section.articles:
            yield article.title
            for block in article.blocks:
                if isinstance(block, Profile):
                    yield from (block.name, block.country, block.note)
