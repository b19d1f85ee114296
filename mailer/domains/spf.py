"""SPF (RFC 7208): who may send with an envelope of the bounce domain."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from mailer.domains.findings import Finding, Level, Sender
from mailer.domains.lookup import Look

MOST_LOOKUPS = 10  # RFC 7208 §4.6.4: with one more the whole record is void
ASKING = ("include", "a", "mx", "ptr", "exists", "redirect")
QUALIFIERS = "+-~?"


def examine_spf(sender: Sender, look: Look) -> Iterator[Finding]:
    """Judge the record of the envelope's domain, which is the one that receivers ask."""
    domain = sender.bounce_domain
    say = partial(Finding, about="SPF")
    wanted = partial(say, name=domain, value=suggest(sender))
    records = read_records(domain, look)
    if not records:
        yield wanted(level=Level.ERROR, words=f"{domain} does not say who may send for it.")
        return
    if len(records) > 1:  # RFC 7208 §4.5
        yield wanted(
            level=Level.ERROR,
            words=f"{domain} has {len(records)} SPF records, which is as good as none:"
            " make one of them.",
        )
        return
    terms = records[0].lower().split()[1:]
    lookups = count_lookups(domain, look)
    if lookups > MOST_LOOKUPS:
        yield say(
            level=Level.ERROR,
            words=f"The record asks for {lookups} look-ups or more, and {MOST_LOOKUPS} are"
            " allowed: take out what sends no more.",
        )
    elif "+all" in terms or "all" in terms:
        yield wanted(level=Level.ERROR, words="The record lets anybody send in your name.")
    elif "-all" in terms or "~all" in terms or any(each.startswith("redirect=") for each in terms):
        yield say(
            level=Level.GOOD, words=f"{domain} says who may send for it, and nobody else may."
        )
    else:
        yield say(
            level=Level.WARNING,
            words="The record does not end in -all or ~all: it forbids nobody anything.",
        )


def suggest(sender: Sender) -> str:
    """Return a record that would do."""
    servers = " ".join(f"a:{each}" for each in sender.servers) or "a:the.mail.server"
    return f"v=spf1 {servers} -all"


def read_records(domain: str, look: Look) -> list[str]:
    """Return a domain's SPF records."""
    found = look(domain, "TXT")
    return [
        each for each in found if each.lower() == "v=spf1" or each.lower().startswith("v=spf1 ")
    ]


def count_lookups(domain: str, look: Look, *, left: int = MOST_LOOKUPS + 1) -> int:
    """Return how many questions the record asks, its includes' too; no more than ``left``."""
    count = 0
    for record in read_records(domain, look)[:1]:
        for term in record.lower().split()[1:]:
            name, _, value = term.lstrip(QUALIFIERS).replace("=", ":", 1).partition(":")
            if name.partition("/")[0] not in ASKING:
                continue
            count += 1
            if count >= left:
                return left
            if name in {"include", "redirect"} and "%" not in value:
                count += count_lookups(value, look, left=left - count)
    return min(count, left)
