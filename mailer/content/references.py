"""References: links whose address stands elsewhere in the file (CommonMark §4.7, §6.3).

Each block is rendered alone, and some readers get only some of them. So the definitions that a
block needs and does not hold are written below it, wherever in the file they stand.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from mailer.content.fields import squeeze
from mailer.content.markdown import Definition, Targets, find_definitions, find_references
from mailer.content.problems import Problems

# A long definition that many blocks use would make much of a small file. A bulletin has a hundred
# links of a hundred characters.
MOST_CARRIED = 100_000


@dataclass(slots=True)
class References:
    """The definitions of one file by their labels, and how many characters were carried."""

    problems: Problems
    known: dict[str, Definition] = field(default_factory=dict)
    targets: Targets = field(default_factory=dict)
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

    def complete(self, markdown: str, *, line: int) -> str:
        """Return a block's Markdown with the definitions that it uses below it."""
        if not self.known:  # what most issues are: reading once more takes its time
            return markdown
        own = {definition.key for definition in find_definitions(markdown)}
        keys = [key for key in find_references(markdown, self.targets) if key not in own]
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
