"""Judging an issue's Markdown: no HTML, no foreign images, no links that run code."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from markdown_it.token import Token

from mailer.content.markdown import LINK_REMEDY, LOST, is_safe_link, link_target, walk
from mailer.content.problems import Problems, judge_text

Verdicts = Iterator[tuple[str, str]]


def check_tokens(tokens: Iterable[Token], *, line: int, problems: Problems) -> None:
    """Note what an issue's Markdown must not hold; ``line`` is the file's line of its first."""
    for token, at in walk(tokens):
        for what, remedy in judge(token):
            problems.add(line + at, what, remedy)


def judge(token: Token) -> Verdicts:
    """Yield what is wrong with a token, and its remedy."""
    judged = _JUDGES.get(token.type)
    if judged:
        yield from judged(token)
    elif not token.children:
        # Entities are read by now: what a line of the file hid behind &#8238; is in the open.
        yield from judge_text(token.content)


def _judge_html(token: Token) -> Verdicts:
    words = " ".join(token.content.split())[:40]
    yield f"HTML is not used here: {words!r}", "Write Markdown; for a plain < write \\<."


def _judge_image(_token: Token) -> Verdicts:
    remedy = "Put it in a block: :::photo, src: picture.jpg, alt: what it shows, and :::."
    yield "a picture stands in running text", remedy


def _judge_heading(token: Token) -> Verdicts:
    if token.tag not in {"h1", "h2"}:
        return
    remedy = "Begin sections with '# ' and articles with '## ', at the margin, and a title."
    if token.markup.startswith("#"):
        yield "a section's or article's heading is indented, empty, or inside a list", remedy
    else:
        yield "a heading is underlined", remedy


def _judge_fence(token: Token) -> Verdicts:
    # Code that ran on to the end has as many lines as the opening one and its content.
    first, end = token.map or (0, 0)
    if end - first == token.content.count("\n") + 1:
        yield "a block of code has no end", f"Write {token.markup} below its last line."
    yield from judge_text(token.content)


def _judge_lost(token: Token) -> Verdicts:
    label = str(token.meta["label"])[:40]
    remedy = (
        f"Below an empty line write '[{label}]: https://…' on a line of its own; "
        "or for plain brackets write \\[."
    )
    yield f"a link's label [{label}] is not defined in this issue", remedy


def _judge_link(token: Token) -> Verdicts:
    href = link_target(token)
    if not href.startswith("#") and not is_safe_link(href):
        yield f"a link leads to {href[:60]!r}", LINK_REMEDY
    yield from judge_text(href)


_JUDGES: dict[str, Callable[[Token], Verdicts]] = {
    "html_block": _judge_html,
    "html_inline": _judge_html,
    "image": _judge_image,
    "heading_open": _judge_heading,
    "fence": _judge_fence,
    LOST: _judge_lost,
    "link_open": _judge_link,
}
