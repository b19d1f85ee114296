"""References: links whose address stands elsewhere in the file (CommonMark §4.7, §6.3).

Others jump to a heading of the issue, which may stand below them.

Each block is rendered alone, and some readers get only some of them. So the definitions that a
block needs and does not hold are written below it, wherever in the file they stand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from markdown_it.token import Token

from mailer.content.fields import squeeze
from mailer.content.judging import check_tokens
from mailer.content.markdown import (
    Definition,
    Targets,
    find_definitions,
    list_definitions,
    list_jumps,
    list_references,
)
from mailer.content.problems import Problems

# A long definition that many blocks use would make much of a small file. A bulletin has a hundred
# links of a hundred characters.
MOST_CARRIED = 100_000


@dataclass(slots=True)
class References:
    """The definitions of one file by their labels, and how many characters were carried.

    ``jumps`` are the anchors that links lead to, each with its line.
    """

    problems: Problems
    known: dict[str, Definition] = field(default_factory=dict)
    targets: Targets = field(default_factory=dict)
    jumps: list[tuple[str, int]] = field(default_factory=list)
    carried: int = 0

    def learn(self, markdown: str, *, line: int) -> None:
        """Note the definitions in a passage of the file, which begins at ``line``."""
        for definition in find_definitions(markdown):
            first = self.known.setdefault(definition.key, definition)
            self.targets[first.key] = {"href": first.url, "title": first.title}
            if (first.url, first.title) != (definition.url, definition.title):
                what = f"the label [{definition.label[:40]}] is defined a second time, differently"
                remedy = "Give one of the two links another label."
                self.problems.add(line + definition.at, what, remedy)

    def settle(self, markdown: str, tokens: Sequence[Token], *, line: int) -> str:
        """Return a block's Markdown with the definitions that it uses, after judging it.

        ``tokens`` are what it is parsed to, our targets being known, and count their lines from
        ``line`` of the file.
        """
        check_tokens(tokens, line=line, problems=self.problems)
        self.jumps += ((anchor, line + at) for anchor, at in list_jumps(tokens))
        return self._complete(markdown, tokens, line)

    def _complete(self, markdown: str, tokens: Sequence[Token], line: int) -> str:
        own = {definition.key for definition in list_definitions(tokens)}
        keys = [key for key in list_references(tokens) if key not in own]
        needed = [write_definition(self.known[key]) for key in keys]
        before = self.carried
        self.carried += sum(map(len, needed))
        if self.carried > MOST_CARRIED:
            if before <= MOST_CARRIED:
                what = "the definitions of links are used by too many parts of the issue"
                self.problems.add(line, what, "Write addresses in place: [words](https://…).")
            return markdown
        return "\n\n".join([markdown, *needed])


def write_definition(definition: Definition) -> str:
    """Return a definition as one line of Markdown."""
    url = definition.url.replace("&", "&amp;")
    title = squeeze(definition.title)
    for mark, escaped in (("&", "&amp;"), ("\\", "\\\\"), ('"', '\\"')):
        title = title.replace(mark, escaped)
    return f"[{squeeze(definition.label)}]: <{url}>" + (f' "{title}"' if title else "")
