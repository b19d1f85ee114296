"""Proofs of documents and of bare pages, as the checks are given them."""

from __future__ import annotations

from dataclasses import replace

from mailer.checks.proof import Proof, pull_proof
from mailer.types import Article, Block, Document, Section
from tests.fakes.documents import make_document
from tests.fakes.pages import render

PARTS = (
    Section(
        title="News",
        anchor="news",
        articles=(Article(title="The lamp", anchor="lamp"), Article(title="Seed", anchor="seed")),
    ),
)


def make_proof(*blocks: Block, **changes: object) -> Proof:
    """Render a document with these blocks in its one article, in the real theme."""
    document = make_document("Words that are long enough", url="https://a.example/")
    article = Article(title="The lamp", anchor="lamp", blocks=blocks)
    sections = (Section(title="News", anchor="news", articles=(article,)),)
    document = replace(document, sections=sections, **changes)
    return pull_proof(document, render(document))


def make_page(body: str, *, head: str = "", language: str = "en", text: str = "") -> Proof:
    """Make the proof of a bare page, as a theme of somebody's own may make it."""
    document: Document = replace(make_document(language=language), sections=PARTS)
    rendered = replace(
        render(document),
        html=f"<html><head>{head}</head><body>{body}</body></html>",
        text=text,
    )
    return pull_proof(document, rendered)
