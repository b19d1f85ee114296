"""What only a segment's people are shown: how it is marked, and a document without it.

A block, an article or a section names the segments that it is for. There are no conditions in
a message: each combination of segments has a document of its own, from which all else is left
out, so that its contents list, its plain text and its anchors are right by construction.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, combinations

from mailer.content.fields import squeeze
from mailer.content.problems import Problems, has_words
from mailer.types import Article, Block, Document, Section

# Each more doubles the number of messages to render and to check: four make sixteen.
MOST_SEGMENTS = 4
EVERYBODY = ":::everyone"
ONLY_REMEDY = 'Write the names of segments in quotes, with commas between: :::only "Members"'

_NAMES = re.compile(r'[ \t]*"[^"]*"[ \t]*(,[ \t]*"[^"]*"[ \t]*)*')
_NAME = re.compile(r'"([^"]*)"')


def read_names(text: str) -> tuple[str, ...]:
    """Return the segments that a mark names, each once; none if it is not well formed."""
    if not _NAMES.fullmatch(text):
        return ()
    names = tuple(dict.fromkeys(squeeze(name) for name in _NAME.findall(text)))
    return names if all(map(has_words, names)) else ()


def read_mark(text: str, *, line: int, problems: Problems) -> tuple[str, ...]:
    """Return whom the blocks below a mark are for: nobody in particular after ``:::everyone``."""
    mark = text.strip()
    if mark == EVERYBODY:
        return ()
    names = read_names(mark.removeprefix(":::only"))
    if not names:
        problems.add(line, "the mark :::only names no segment", ONLY_REMEDY)
    return names


def write_names(names: Iterable[str]) -> str:
    """Return segments as a mark names them."""
    return ", ".join(f'"{name}"' for name in names)


def name_segments(document: Document) -> tuple[str, ...]:
    """Return the segments that a document names, each once, in its order."""
    return tuple(dict.fromkeys(chain.from_iterable(_marks(document))))


def list_variants(names: Sequence[str]) -> list[tuple[str, ...]]:
    """Return every combination of segments that a reader can be in; nobody's comes first."""
    sizes = range(len(names) + 1)
    return list(chain.from_iterable(combinations(names, size) for size in sizes))


def choose_variant(document: Document, segments: Collection[str]) -> Document:
    """Return the document as people in exactly these of its segments see it.

    An article or a section of which nothing is left is left out with its heading.
    """
    shown = [each for each in document.sections if _is_for(each.only_for, segments)]
    chosen = [_choose_section(each, segments) for each in shown]
    pairs = zip(chosen, shown, strict=True)
    kept = (new for new, old in pairs if _is_full(new) or not _is_full(old))
    return replace(document, sections=tuple(kept))


def _choose_section(section: Section, segments: Collection[str]) -> Section:
    articles = [each for each in section.articles if _is_for(each.only_for, segments)]
    chosen = [replace(each, blocks=_choose(each.blocks, segments)) for each in articles]
    return replace(
        section,
        blocks=_choose(section.blocks, segments),
        articles=tuple(
            new for new, old in zip(chosen, articles, strict=True) if new.blocks or not old.blocks
        ),
    )


def _is_full(section: Section) -> bool:
    return bool(section.blocks or section.articles)


def _choose(blocks: Iterable[Block], segments: Collection[str]) -> tuple[Block, ...]:
    return tuple(block for block in blocks if _is_for(block.only_for, segments))


def _is_for(only_for: Sequence[str], segments: Collection[str]) -> bool:
    return not only_for or any(name in segments for name in only_for)


def _marks(document: Document) -> Iterator[tuple[str, ...]]:
    for section in document.sections:
        yield section.only_for
        yield from (block.only_for for block in section.blocks)
        for article in section.articles:
            yield from _article_marks(article)


def _article_marks(article: Article) -> Iterator[tuple[str, ...]]:
    yield article.only_for
    yield from (block.only_for for block in article.blocks)
