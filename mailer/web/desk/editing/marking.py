"""Writing HTML of a word processor as Markdown: words, emphasis, links and lists, no more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from lxml import html as lxml_html

from mailer.content.markdown import is_safe_link
from mailer.errors import RenderingError
from mailer.rendering.markdown import to_html

BOLD = {"b": "**", "strong": "**", "i": "*", "em": "*"}
LISTS = ("ul", "ol")
_SPECIAL = re.compile(r"([\\`*_\[\]<&~])")
_AT_START = re.compile(r"^(?:([-+=>#|:])|(\d{1,9})([.)]))", re.MULTILINE)
_SPACES = re.compile(r"[ \t\r\n]+")


def write_words(text: str) -> str:
    """Return words as Markdown that says them and nothing else."""
    return _escape(text.strip(), at_start=True)


def write_block(element: Any) -> list[str]:
    """Return an element of HTML as blocks of Markdown."""
    if element.tag in LISTS:
        return [_write_list(element)]
    if element.tag == "table":
        rows = ([_write_line(cell) for cell in row.iter("td", "th")] for row in element.iter("tr"))
        lines = (", ".join(cell for cell in cells if cell) for cells in rows)
        return ["\n".join(f"- {line}" for line in lines if line)]
    line = _write_line(element)
    if line and element.tag[0] == "h" and element.tag[1:].isdigit():
        return [f"{'#' * max(int(element.tag[1]), 3)} {_write_plain(element)}"]
    return [line] if line else []


def _write_list(element: Any) -> str:
    lines: list[str] = []
    for number, item in enumerate(element.findall("li"), 1):
        mark = "- " if element.tag == "ul" else f"{number}. "
        inner = [child for child in item if child.tag in LISTS]
        for child in inner:
            child.drop_tree()
        own = _write_line(item)
        nested = "\n".join(_write_list(child) for child in inner)
        text = "\n".join(each for each in (own, nested) if each)
        lines.append(mark + text.replace("\n", "\n" + " " * len(mark)))
    return "\n".join(lines)


def _write_line(element: Any) -> str:
    """Return what stands in an element on one line: with its marks, if they read back the same."""
    marked = "".join(_write_inline(element)).strip()
    plain = _write_plain(element)
    wanted = _squeeze(element.text_content())
    try:
        shown = to_html(marked, highest=3) or "<p></p>"
    except RenderingError:
        return plain
    read = lxml_html.fragment_fromstring(shown, create_parent="div").text_content()
    return marked if _squeeze(read) == wanted else plain


def _write_plain(element: Any) -> str:
    return write_words(element.text_content())


def _write_inline(element: Any) -> Iterator[str]:
    """Yield an element's words with marks; the space at a mark's edge stands outside of it."""
    yield _escape(element.text or "", at_start=True)
    for child in element:
        inner = "".join(_write_inline(child))
        bare = inner.strip()
        before = inner[: len(inner) - len(inner.lstrip())]
        after = inner[len(inner.rstrip()) :] if bare else ""
        yield before + _mark(child, bare) + after
        yield _escape(child.tail or "", at_start=False)


def _mark(element: Any, words: str) -> str:
    href = element.get("href", "")
    if element.tag == "br":
        return " "
    if not words:
        return ""
    if element.tag == "a":
        # What leads back from a footnote is a sign for the eye of Word alone.
        if href.startswith("#"):
            return "" if words == "↑" else words
        return f"[{words}](<{href}>)" if is_safe_link(href) else words
    mark = BOLD.get(element.tag, "")
    return f"{mark}{words}{mark}"


def _escape(text: str, *, at_start: bool) -> str:
    squeezed = _SPACES.sub(" ", text)
    escaped = _SPECIAL.sub(r"\\\1", squeezed)
    if not at_start:
        return escaped
    return _AT_START.sub(lambda m: f"\\{m[1]}" if m[1] else f"{m[2]}\\{m[3]}", escaped)


def _squeeze(text: str) -> str:
    return _SPACES.sub(" ", text).strip()
