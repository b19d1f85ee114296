"""Parsing an issue file into a Document, or refusing it with everything that is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby

from mailer.content.body import BodyReader
from mailer.content.cut import Line
from mailer.content.fields import read_fields
from mailer.content.frontmatter import FrontMatter, read_front_matter
from mailer.content.pictures import UnfitPictureError, decode_picture
from mailer.content.problems import UNWANTED, Problems, judge_text
from mailer.types import Block, Document, Photo, Picture, Profile, Section

# The longest bulletin known to us has 60 kB, and no mail program shows more than 100 whole. What
# is longer is a mistake, and hostile text takes a second for each 20 kB.
LARGEST_OCTETS = 250_000
# Three thousand words without an empty line are no paragraph, and the time that Markdown's and
# YAML's readers take for one grows with the square of its length.
LONGEST_RUN = 20_000
# At each bracket that opens, Markdown's reader may read on to the end of the paragraph for the one
# that closes it: a quarter of a microsecond for each character. So brackets times characters of
# their paragraph, all paragraphs together, are bounded. A bulletin of 60 kB has a hundred thousand.
MOST_BRACKET_STEPS = 8_000_000
# Each is decoded into memory; without an end to them a small file could keep us busy for hours.
MOST_PICTURES = 200
LoadPicture = Callable[[str], bytes]


def parse_issue(text: str | bytes, *, file: str, load_picture: LoadPicture | None) -> Document:
    """Return the Document that an issue file says.

    ``file`` names it in messages. ``load_picture`` returns the bytes of a picture that a
    block names, or raises OSError; without it the Document has no pictures. Raises
    InvalidIssue with all problems at once.
    """
    problems = Problems(file)
    lines = _read_lines(text, problems)
    _refuse_costly_runs(lines, problems)
    front, body = _split(lines, problems)
    reader = BodyReader(problems)
    sections = reader.read(body)
    if not sections:
        problems.add(len(lines), "there is no section", "Write a heading such as '# News'.")
    pictures = _load(reader.blocks, load_picture, problems) if load_picture else {}
    problems.raise_if_any()
    return _make(front, sections, pictures)


def find_segments(text: str, *, file: str) -> dict[str, int]:
    """Return the segments that an issue file names, with the line that names each first.

    Raises InvalidIssue if the file's lines or front matter can't be read.
    """
    problems = Problems(file)
    _, body = _split(_read_lines(text, problems), problems)
    reader = BodyReader(problems)
    reader.read(body)
    return reader.segments


def _make(
    front: FrontMatter, sections: tuple[Section, ...], pictures: dict[str, Picture]
) -> Document:
    return Document(
        publication=front.publication,
        number=front.number,
        published=front.published,
        language=front.language,
        subject=front.subject,
        preheader=front.preheader,
        colophon=front.colophon,
        sections=sections,
        pictures=pictures,
    )


def _read_lines(text: str | bytes, problems: Problems) -> list[Line]:
    """Return the file's lines; a file that is no text is refused before anything parses it."""
    raw = text if isinstance(text, bytes) else text.encode(errors="surrogatepass")
    if len(raw) > LARGEST_OCTETS:
        what = f"the file has more than {LARGEST_OCTETS:,} octets of text"
        problems.add(None, what, "Shorten it: is a picture pasted in?")
        return []
    try:
        decoded = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        at = raw.count(b"\n", 0, error.start) + 1
        problems.add(at, "the file is not UTF-8", "Save it with the encoding UTF-8.")
        return []
    unix = re.sub(r"\r\n?", "\n", decoded)
    return [_read_line(number, text, problems) for number, text in enumerate(unix.split("\n"), 1)]


def _read_line(number: int, text: str, problems: Problems) -> Line:
    """Return a line without what must not be in it, so that reading can go on to the next fault."""
    for what, remedy in judge_text(text):
        problems.add(number, what, remedy)
    return Line(number=number, text=UNWANTED.sub("", text))


def _refuse_costly_runs(lines: list[Line], problems: Problems) -> None:
    """Raise InvalidIssue if there is no text, or too much of it without an empty line."""
    steps = 0
    for run in _find_runs(lines):
        length = sum(len(line.text) + 1 for line in run)
        steps += length * sum(line.text.count("[") for line in run)
        if length > LONGEST_RUN:
            what = f"more than {LONGEST_RUN:,} characters stand without an empty line"
            problems.add(run[0].number, what, "Divide them into paragraphs.")
        elif steps > MOST_BRACKET_STEPS:
            what = "too many opening brackets [ stand without an empty line"
            problems.add(run[0].number, what, "Put an empty line after every few of them.")
        else:
            continue
        problems.raise_if_any()
    if not lines:
        problems.raise_if_any()


def _find_runs(lines: list[Line]) -> Iterator[list[Line]]:
    """Yield the lines that stand together, without an empty one between them."""
    for is_text, run in groupby(lines, key=lambda line: bool(line.text.strip())):
        if is_text:
            yield list(run)


def _split(lines: list[Line], problems: Problems) -> tuple[FrontMatter, list[Line]]:
    """Return the front matter and the lines below it."""
    marks = [line.number for line in lines if line.text.rstrip() == "---"][:2]
    if len(marks) < 2 or marks[0] != 1:
        remedy = "Begin the file with ---, the fields, and another ---."
        problems.add(1, "there is no front matter", remedy)
        problems.raise_if_any()
    text = "\n".join(line.text for line in lines[1 : marks[1] - 1])
    fields = read_fields(text, where="the front matter", line=2, problems=problems)
    fields.line = 1
    return read_front_matter(fields), lines[marks[1] :]


def _load(
    blocks: Iterable[tuple[Block, int]], load_picture: LoadPicture, problems: Problems
) -> dict[str, Picture]:
    first_lines: dict[str, int] = {}
    for block, line in blocks:
        first_lines.setdefault(_source(block), line)
    first_lines.pop("", None)
    if len(first_lines) > MOST_PICTURES:
        what = f"the issue has {len(first_lines)} pictures"
        problems.add(None, what, f"Keep at most {MOST_PICTURES}.")
        return {}
    pictures: dict[str, Picture] = {}
    for source, line in first_lines.items():
        try:
            pictures[source] = decode_picture(load_picture(source))
        except OSError as error:
            reason = error.strerror or str(error)
            what = f"the picture {source[:80]!r} can't be read: {reason}"
            problems.add(line, what, "Put it beside the issue file, or mend its name.")
        except UnfitPictureError as error:
            what = f"the picture {source[:80]!r} {error}"
            problems.add(line, what, "Save it as JPEG or PNG, in a reasonable size.")
    return pictures


def _source(block: Block) -> str:
    if isinstance(block, Photo):
        return block.source
    return block.portrait if isinstance(block, Profile) else ""
