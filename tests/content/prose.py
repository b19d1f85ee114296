"""What properties are tried on: any text on one line, addresses, and an issue's Markdown."""

from __future__ import annotations

import re
from collections.abc import Callable

from hypothesis import strategies as st

from mailer.content.markdown import is_safe_link
from mailer.content.problems import UNWANTED

# --------------------------------------------------------------------- texts on one line

# Marks that mean something to Markdown, YAML, HTML or to our own headings.
MARKS = r"""\`*_{}[]()<>#+-.!|~"':;,&@%=$/?^"""
# A soft hyphen, joiners, signs of direction, an invisible plus, a language tag; combining marks;
# spaces of many widths; right-to-left letters; an emoji of several code points.
ODDITIES = [
    *("\u00ad", "\u200b", "\u200c", "\u200d", "\u200e", "\u200f", "\u061c", "\u2060", "\u2064"),
    *("\U000e0041", "e\u0301", "\u0e33", "\u0300", "\u20dd", "\u00a0", "\u2003", "\u3000"),
    *("\u0645\u0631\u062d\u0628\u0627", "\u05e9\u05dc\u05d5\u05dd", "\U0001f469\u200d\U0001f680"),
    *("&amp;", "&#42;", "&lt;", "{only}", '{only: "A"}', ":::", "---", "\ufe0f", "\u5c71"),
]
CHARACTERS = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")).filter(
    lambda character: not UNWANTED.search(character)
)
PIECES = CHARACTERS | st.sampled_from(MARKS) | st.sampled_from(ODDITIES) | st.just(" ")


def squeeze(text: str) -> str:
    return re.sub(" +", " ", text).strip(" ")


def has_letters(text: str) -> bool:
    return any(character.isalnum() for character in text)


def lines(most: int = 12) -> st.SearchStrategy[str]:
    """Any text on one line, as a field holds it."""
    return st.lists(PIECES, min_size=1, max_size=most).map("".join).map(squeeze).filter(has_letters)


LINES = lines()
TITLES = LINES.map(str.strip)
OPTIONAL = st.just("") | LINES
# --------------------------------------------------------------------- addresses

PATHS = st.text(
    st.sampled_from("abcXYZ0189-._~!$&'()*+,;=:@/?%#[]|^`{}") | st.characters(categories=("Ll",)),
    max_size=20,
)
WEB = st.builds(
    "{}://{}/{}".format, st.sampled_from(["https", "http"]), st.just("x.example"), PATHS
).filter(is_safe_link)
MAILBOXES = st.from_regex(
    r"[a-z0-9+_'-]{1,6}(\.[a-z0-9+_'-]{1,3})?@[a-z0-9]{1,4}(-?[a-z0-9]{1,4})?\.example",
    fullmatch=True,
)
URLS = WEB | MAILBOXES.map("mailto:{}".format)


# --------------------------------------------------------------------- Markdown

LABELS = {
    "call": "https://call.example/?a=b&amp;c=d",
    "Log 7": "mailto:log@x.example",
    "\u0645\u0631": "https://rtl.example/",
}
WORDS = st.lists(PIECES, min_size=1, max_size=5).map("".join).map(squeeze).filter(has_letters)


def escape(text: str) -> str:
    """Escape every mark, so that words are words wherever they stand."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", text).strip()


TEXT = WORDS.map(escape).filter(bool)
SPANS = st.one_of(
    TEXT,
    TEXT,
    TEXT.map("*{}*".format),
    TEXT.map("**{}**".format),
    TEXT.map("***{}***".format),
    st.sampled_from(["`code`", "``a ` b``", "&amp;", "&eacute;", "5 * 3", "a_b_c", "\\*"]),
    st.builds(
        "[{}]({})".format, TEXT, st.sampled_from(["https://x.example/?a=b&c", "<mailto:a@x>"])
    ),
    st.builds('[{}](https://x.example "{}")'.format, TEXT, TEXT),
    st.just("<https://auto.example/a_b>"),
    st.builds("[{}][{}]".format, TEXT, st.sampled_from(sorted(LABELS))),
    st.sampled_from([f"[{label}]" for label in LABELS]),
)
BREAKS = st.sampled_from([" ", " ", "\n", "\\\n", "  \n"])


@st.composite
def paragraphs(draw: st.DrawFn) -> str:
    """Spans between words, with soft and hard breaks."""
    parts = [draw(TEXT)]
    for span in draw(st.lists(SPANS, max_size=4)):
        parts += [draw(BREAKS), span]
    return "".join([*parts, " ", draw(TEXT)])


def indent(text: str, by: str) -> str:
    return "\n".join(by + line if line else line for line in text.split("\n"))


def itemize(items: list[str], marks: Callable[[int], str], gap: str) -> str:
    """Write a list: each item's first line behind its mark, the others below it."""
    written = []
    for number, item in enumerate(items, 1):
        mark = marks(number)
        written.append(mark + indent(item, " " * len(mark)).lstrip(" "))
    return gap.join(written)


def bullets(items: list[str], gap: str) -> str:
    return itemize(items, lambda _: "- ", gap)


def numbers(items: list[str], gap: str) -> str:
    return itemize(items, lambda number: f"{number}. ", gap)


FENCES = st.builds(
    "{0}\n{1}\n{0}".format,
    st.sampled_from(["```", "~~~~"]),
    st.sampled_from(["code", "# no heading", "> no quotation", ":::photo", "a\n\n    b", ""]),
)
GAPS = st.sampled_from(["\n", "\n\n"])
PARTS = st.recursive(
    paragraphs(),
    lambda inner: st.one_of(
        st.builds(bullets, st.lists(inner, min_size=1, max_size=3), GAPS),
        st.builds(numbers, st.lists(inner, min_size=1, max_size=3), GAPS),
        st.builds("{}\n\n{}".format, inner, inner),
    ),
    max_leaves=4,
)
EXTRAS = st.one_of(
    TEXT.map("### {}".format),
    TEXT.map("#### {} ####".format),
    FENCES,
    FENCES.map(lambda fence: bullets([fence], "\n")),
    st.just("***"),
    TEXT.map("    {}".format),
    paragraphs().map(lambda text: bullets(["> " + text.replace("\n", "\n> ")], "\n")),
)


@st.composite
def markdown(draw: st.DrawFn) -> str:
    """Running text with the definitions that it uses below it, as they are written."""
    parts = draw(st.lists(PARTS | EXTRAS, min_size=1, max_size=3))
    text = "\n\n".join(parts).strip("\n")
    return "\n\n".join([text, *(f"[{each}]: <{LABELS[each]}>" for each in _find_labels(text))])


def _find_labels(text: str) -> list[str]:
    found = re.findall(r"(?<!\\)\[(" + "|".join(map(re.escape, LABELS)) + r")(?<!\\)\]", text)
    return list(dict.fromkeys(found))
