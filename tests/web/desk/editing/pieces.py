"""Parts of drafts, short to write: S a section, A an article, t a text."""

from __future__ import annotations

from mailer.web.desk.editing.parts import HEAD, Content, Part, make_part

KINDS = {"S": "section", "A": "article", "t": "prose"}


def make_parts(*names: str) -> list[Part]:
    """Make parts whose ids are their letters and places: S0, t1, A2."""
    return [make_part(KINDS[name], {}, rev=1, name=f"{name}{at}") for at, name in enumerate(names)]


def make_draft(*names: str) -> Content:
    return Content(head=make_part(HEAD, {}, rev=1, name=HEAD), parts=make_parts(*names), bin=[])


def tell(content: Content) -> str:
    """Return the ids of the parts in order."""
    return " ".join(part["id"] for part in content["parts"])
