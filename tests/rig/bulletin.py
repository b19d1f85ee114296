"""An issue whose message has the wanted size, encoded as it travels."""

from __future__ import annotations

import datetime as dt

from mailer.content.parse import parse_issue
from mailer.dispatch.editions.intake import store_issue
from mailer.dispatch.freezing.freeze import render_edition
from mailer.message.compile import compile_message
from mailer.message.headers import MessageHeaders
from mailer.models import Edition, Publication
from subscribers.models import List

SENDER = "letter@harbour.example"
HEAD = """\
---
publication: The Harbour Letter
number: {number}
published: 2026-03
language: en
subject: "Spring"
preheader: "What the tide brought in"
colophon:
  publisher: Harbour Institute
  address: "1 Quay Street, 0150 Oslo, Norway"
  roles:
    Responsible Editor: [Ada Berg]
---

# News
"""
ARTICLE = """
## The lighthouse, part {part}

After two winters the lamp turns again, and ships keep clear of the rocks at night. The
keeper's log speaks of fog, herring and one whale. {filling}
"""
FILLING = "The tide goes out, and the tide comes in. "
# An issue of one article is almost as large: header, contents, styles and colophon.
SMALLEST_KILOBYTES = 30


def make_edition(kilobytes: int, group: List, *, now: dt.datetime) -> tuple[Edition, int]:
    """Return an edition and the octets of its message, slots empty: within 2 % of the size.

    The size is that of the message on the wire: headers, text and HTML parts, encoded.
    """
    publication = Publication.objects.create(
        name="The Harbour Letter",
        slug="harbour",
        sender_name="Harbour Institute",
        sender_address=SENDER,
    )
    publication.lists.set([group])
    wanted = max(kilobytes, SMALLEST_KILOBYTES) * 1_000
    articles, filling = 1, 0
    edition, size = _try(articles, filling, publication, now=now)
    _, next_size = _try(2, 0, publication, now=now)
    articles += (wanted - size) // (next_size - size)
    edition, size = _try(articles, 0, publication, now=now)
    # The filling stands once in the text part and once in the HTML.
    edition, size = _try(articles, (wanted - size) // (2 * len(FILLING)), publication, now=now)
    return edition, size


def _try(
    articles: int, filling: int, publication: Publication, *, now: dt.datetime
) -> tuple[Edition, int]:
    parts = [
        ARTICLE.format(part=part, filling=FILLING * filling if part == articles else "")
        for part in range(1, articles + 1)
    ]
    document = parse_issue(
        HEAD.format(number=7) + "".join(parts), file="issue.md", load_picture=None
    )
    edition = store_issue(document, publication=publication, now=now)
    headers = MessageHeaders(
        from_name=publication.sender_name,
        from_address=publication.sender_address,
        list_id=publication.list_id,
        list_name=publication.name,
        list_archive="https://news.example.org/archive/harbour/",
        list_help=f"mailto:{SENDER}",
        feedback_id=("mailing-1", "harbour", "bulletin", "harbour.example"),
        date=now,
    )
    compiled = compile_message(render_edition(edition), headers=headers)
    return edition, sum(map(len, compiled.literals))
