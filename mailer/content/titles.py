"""Lines of Markdown of which the words alone are kept: headings, and whose words a quotation is.

They are shown in lists, subjects of links and plain text, where no mark has a place. So emphasis
and code become their words, and entities and escapes their characters; a link or a picture would
lose what it is for, and is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from mailer.content.fields import squeeze
from mailer.content.judging import judge
from mailer.content.markdown import Targets, parse_line
from mailer.content.problems import Problems, has_words
from mailer.content.segments import read_names, write_names

HEADING_REMEDY = 'Write the names in quotes, as in: ## Title {only: "Members"}'
# What Markdown may read as more than a character, all that begins it escaped among them.
_MARKS = re.compile(r"([\\`*_\[<&!{#])")
# A backslash and what it escapes are one step, so that \{only is no mark.
_MARKED_TITLE = re.compile(r"((?:[^\\]|\\.)*?)\{only\b:?(.*)\}")


def read_title(
    text: str, *, line: int, known: Targets, problems: Problems
) -> tuple[str, tuple[str, ...]]:
    """Return a heading's words, and whom it and all that stands below it are for."""
    # Asked first: a search for a bracket that is not there takes long at each mark's beginning.
    match = _MARKED_TITLE.fullmatch(text) if text.endswith("}") else None
    names: tuple[str, ...] = ()
    if match:
        text, names = match[1].rstrip(" \t"), read_names(match[2])
        if not names:
            problems.add(line, "the mark {only: …} names no segment", HEADING_REMEDY)
    text = _drop_end_marks(text)
    title = read_line(text, where="a heading", line=line, known=known, problems=problems)
    if not has_words(title):
        problems.add(line, "a heading has no words", "Write them after the marks: '# News'.")
    return title, names


def _drop_end_marks(text: str) -> str:
    """Return a heading's text without the marks that it may end with (CommonMark §4.2)."""
    bare = text.rstrip("#")
    return text if bare and bare[-1] not in " \t" else bare


def read_line(text: str, *, where: str, line: int, known: Targets, problems: Problems) -> str:
    """Return the words of one line of Markdown; what is no words is noted as a problem."""
    if not _MARKS.search(text):  # what most lines are: parsing takes its time
        return squeeze(text).strip()
    tokens = parse_line(text, known)
    for token in tokens:
        if token.type in {"link_open", "image"}:
            kind = "link" if token.type == "link_open" else "picture"
            remedy = "Put it into the text below; for plain brackets write \\[."
            problems.add(line, f"a {kind} stands in {where}", remedy)
        else:
            for what, remedy in judge(token):
                problems.add(line, what, remedy)
    return squeeze("".join(token.content for token in tokens)).strip()


def write_title(title: str, only_for: Iterable[str]) -> str:
    """Return a heading's text, with its mark if it is not for everybody."""
    names = tuple(only_for)
    mark = f" {{only: {write_names(names)}}}" if names else ""
    plain = title + mark
    problems = Problems("")
    if "[" not in title:
        again = read_title(plain, line=0, known={}, problems=problems)
        if again == (title, names) and not problems.found:
            return plain
    return _escape(title) + mark


def write_line(text: str) -> str:
    """Return a line of Markdown that says a text: plainly, if that reads back the same.

    A bracket in it could be the label of a definition that stands elsewhere in the issue.
    """
    problems = Problems("")
    if "[" not in text:
        again = read_line(text, where="", line=0, known={}, problems=problems)
        if again == text and not problems.found:
            return text
    return _escape(text)


def _escape(text: str) -> str:
    return _MARKS.sub(r"\\\1", text)
