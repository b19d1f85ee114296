"""What was read is written back without loss."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.content.parse import parse_issue
from mailer.content.read import read_issue
from mailer.content.write import write_issue
from mailer.errors import InvalidIssue
from mailer.types import Announcement, Document, Section
from tests.conftest import ROOT
from tests.content.strategies import documents
from tests.content.test_parse import FRONT

SAMPLES = ROOT / "mailer" / "demo" / "issues"


@settings(max_examples=100, deadline=None)
@given(documents())
def test_a_document_survives_its_file(document: Document):
    text = write_issue(document)

    again = parse_issue(text, file="issue.md", load_picture=None)

    assert again == document
    assert write_issue(again) == text


# What an editor's file may be made of, in any order: what is read of it must be written so that it
# is read the same.
PIECES = """\
# A
## The *Beagle* &amp; more
## \\# Members ## {only: "M"}
:::only "M"
:::everyone
words
*em* [r] and [the log][r2].
[r]: https://r.example/
[r2]: <https://q.example/> "title"
[go](https://go.example/)
> quoted
> — *Ada* &amp; [
>
- item
  more
- > deep
1. first
    code
```
  ```
- ```
~~~
### Minor ###
***
a\\
b  \n  [go](https://go.example/)
:::photo\nsrc: a.jpg\nalt: "*a* &amp; b"\n:::
""".splitlines()
PIECES = [piece.replace("\\n", "\n") for piece in PIECES] + ["", "", ""]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=9))
def test_what_was_read_is_written_so_that_it_is_read_the_same(pieces: list[str]):
    text = "\n".join([FRONT, "# News", "", *pieces])
    try:
        document = parse_issue(text, file="issue.md", load_picture=None)
    except InvalidIssue:
        return

    written = write_issue(document)

    again = parse_issue(written, file="issue.md", load_picture=None)
    assert again == document
    assert write_issue(again) == written


@pytest.mark.parametrize("name", ["sample.en.md", "sample.ar.md"])
def test_the_samples_are_written_back_byte_for_byte(name):
    path = SAMPLES / name

    assert write_issue(read_issue(path)) == path.read_text()


def test_the_real_bulletin_is_written_back_byte_for_byte(shared: Path):
    path = shared / "bulletin" / "issue-13.md"

    assert write_issue(read_issue(path)) == path.read_text()


@pytest.mark.parametrize(
    ("label", "url"),
    [
        ("See [1] *now*", "https://x.example/"),
        ("The call", "https://x.example/a)b?c=d&e"),
        ("The_call", "https://x.example/(a"),
    ],
)
def test_a_link_with_marks_in_it_survives_its_file(label, url):
    sample = read_issue(SAMPLES / "sample.en.md")
    link = Announcement(label=label, url=url)
    document = replace(
        sample, sections=(Section(title="A", anchor="a", blocks=(link,)),), pictures={}
    )

    again = parse_issue(write_issue(document), file="issue.md", load_picture=None)

    assert again.sections[0].blocks == (link,)
