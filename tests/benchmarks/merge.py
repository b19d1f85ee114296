"""Measure what a recipient costs: merging a compiled message, and building one anew.

Run ``python tests/benchmarks/merge.py``. Both methods make the same 58 KB message for the same
recipients, in turns, in one process; of several rounds the fastest counts, because whatever
else the machine does can only make a round slower.
"""

from __future__ import annotations

import datetime as dt
import sys
import time
from collections.abc import Callable, Mapping
from email import policy
from email.message import EmailMessage
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from mailer.message.compile import compile_message
from mailer.message.headers import MessageHeaders, format_address
from mailer.message.merge import fill_slots, plan_merge
from mailer.message.storage import dump, load
from mailer.types import Direction, RenderedIssue, SlotName, slot

MESSAGE_OCTETS = 58_000
ROUNDS = 5
SECONDS_A_ROUND = 0.4

ARTICLE = (
    '<tr><td style="padding:0 24px"><h2 style="font-size:22px">The lighthouse</h2>'
    "<p>After two winters the lamp turns again, and ships keep clear of the rocks at night."
    " The keeper's log speaks of fog, herring and one whale.</p></td></tr>\n"
)
CLOSING = (
    f"<p>Dear {slot(SlotName.NAME)}, <a href='{slot(SlotName.WEB_URL)}'>read on the web</a>,"
    f" <a href='{slot(SlotName.PREFERENCES_URL)}'>choose</a> or"
    f" <a href='{slot(SlotName.UNSUBSCRIBE_URL)}'>leave</a>; sent to {slot(SlotName.EMAIL)}</p>"
)
HEADERS = MessageHeaders(
    from_name="Harbour Institute",
    from_address="letter@harbour.example",
    list_id="harbour.harbour.example",
    list_name="The Harbour Letter",
    list_archive="https://news.example.org/archive/harbour/",
    list_help="mailto:letter@harbour.example",
    feedback_id=("mailing-1", "harbour", "bulletin", "harbour.example"),
    date=dt.datetime(2026, 3, 1, 8, tzinfo=dt.UTC),
)


def make_issue() -> RenderedIssue:
    """Return an issue that compiles to about MESSAGE_OCTETS, all parts of it counted."""
    articles = MESSAGE_OCTETS // 4 * 3 // len(ARTICLE)
    return RenderedIssue(
        subject="Spring",
        preheader="",
        language="en",
        direction=Direction.LTR,
        mjml="",
        html=ARTICLE * articles + CLOSING,
        text="After two winters the lamp turns again.\n" * (MESSAGE_OCTETS // 6 // 40) + CLOSING,
    )


def values_for(number: int) -> dict[str, str]:
    """Return what fills the slots for one of many recipients."""
    token = f"{number:032x}"  # as long as the sender's own
    link = f"{number:050x}"
    return {
        "to": format_address("Ada Berg", f"ada{number}@people.example"),
        "message_id": f"m-{token}@harbour.example",
        "unsubscribe_mailto": f"u-{token}@bounces.example.org",
        SlotName.UNSUBSCRIBE_URL: f"https://news.example.org/u/{link}",
        SlotName.PREFERENCES_URL: f"https://news.example.org/p/{link}",
        SlotName.WEB_URL: "https://news.example.org/archive/harbour/7/en/",
        SlotName.NAME: "Ada Berg",
        SlotName.EMAIL: f"ada{number}@people.example",
    }


def build_anew(issue: RenderedIssue, values: Mapping[str, str]) -> bytes:
    """Build the message as the standard library does, for one recipient."""
    text, page = issue.text, issue.html
    for name in SlotName:
        text, page = text.replace(slot(name), values[name]), page.replace(slot(name), values[name])
    message = EmailMessage(policy=policy.SMTP)
    message["From"] = f"{HEADERS.from_name} <{HEADERS.from_address}>"
    message["To"] = values["to"]
    message["Subject"] = issue.subject
    message["Date"] = HEADERS.date
    message["Message-ID"] = f"<{values['message_id']}>"
    message["List-Unsubscribe"] = f"<{values[SlotName.UNSUBSCRIBE_URL]}>"
    message.set_content(text, cte="quoted-printable")
    message.add_alternative(page, subtype="html", cte="quoted-printable")
    return message.as_bytes()


def measure(work: Callable[[Mapping[str, str]], bytes], recipients: list[dict[str, str]]) -> float:
    """Return the microseconds of CPU a message, measured for SECONDS_A_ROUND or more."""
    made, start = 0, time.process_time()
    while time.process_time() - start < SECONDS_A_ROUND:
        for values in recipients:
            work(values)
        made += len(recipients)
    return (time.process_time() - start) / made * 1_000_000


def main() -> None:
    """Print a line for each method, and the ratio of the two."""
    issue = make_issue()
    plan = plan_merge(load(dump(compile_message(issue, headers=HEADERS))))
    recipients = [values_for(number) for number in range(20)]
    methods: dict[str, Callable[[Mapping[str, str]], bytes]] = {
        "merge of a compiled message": lambda values: b"".join(fill_slots(plan, values)),
        "EmailMessage built anew": lambda values: build_anew(issue, values),
    }
    best = dict.fromkeys(methods, float("inf"))
    for _ in range(ROUNDS):
        for name, work in methods.items():
            best[name] = min(best[name], measure(work, recipients))
    for name, work in methods.items():
        octets = len(work(recipients[0]))
        say(f"{name:28} {best[name]:9.1f} µs of CPU a message of {octets:,} octets")
    fast, slow = best.values()
    say(f"{'ratio':28} {slow / fast:9.0f}")


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    main()
