"""DMARC (RFC 9989): what receivers do with mail that only claims to be from a domain."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from mailer.domains.findings import Finding, Level, Sender
from mailer.domains.lookup import Look

STRICT = ("quarantine", "reject")
# The tree is walked upwards; this many questions are enough (RFC 9989 §4.10).
MOST_STEPS = 8


def examine_dmarc(sender: Sender, look: Look) -> Iterator[Finding]:
    """Judge the policy of the sender's domain, or of one above it."""
    say = partial(Finding, about="DMARC")
    where, records = find_policy(sender.domain, look)
    wanted = partial(
        say,
        name=f"_dmarc.{sender.domain}",
        value=f"v=DMARC1; p=none; rua=mailto:postmaster@{sender.domain}",
    )
    if not records:
        yield wanted(
            level=Level.ERROR,
            words=f"{sender.domain} has no policy: Gmail and Yahoo ask bulk senders for one.",
        )
        return
    if len(records) > 1:
        yield wanted(
            level=Level.ERROR, words=f"{where} has {len(records)} policies, so none holds."
        )
        return
    policy = read_tags(records[0]).get("p", "")
    if policy in STRICT:
        yield say(level=Level.GOOD, words=f"Mail that only claims to be yours is met ({policy}).")
    else:
        yield say(
            level=Level.WARNING,
            words=f"The policy at {where} only watches (p={policy or 'nothing'}). When its reports"
            " name nobody unknown, write p=quarantine.",
        )
    yield from _examine_alignment(sender)


def _examine_alignment(sender: Sender) -> Iterator[Finding]:
    """See which of SPF and DKIM speaks for the domain in From (RFC 9989 §4.4)."""
    say = partial(Finding, about="DMARC")
    if any(is_related(sender.domain, key.host.partition("._domainkey.")[2]) for key in sender.keys):
        yield say(level=Level.GOOD, words="The signature speaks for the sender's own domain.")
    elif is_related(sender.domain, sender.bounce_domain):
        yield say(level=Level.GOOD, words="The envelope speaks for the sender's own domain.")
    else:
        yield say(
            level=Level.ERROR,
            words=f"Nothing speaks for {sender.domain}: no key signs for it, and bounces go to"
            f" {sender.bounce_domain}. Receivers take every message for a forged one.",
        )


def find_policy(domain: str, look: Look) -> tuple[str, list[str]]:
    """Return the nearest name at or above the domain with a policy, and what stands there."""
    labels = domain.split(".")
    for start in range(min(len(labels) - 1, MOST_STEPS)):
        name = "_dmarc." + ".".join(labels[start:])
        records = [each for each in look(name, "TXT") if read_tags(each).get("v") == "DMARC1"]
        if records:
            return name, records
    return "", []


def read_tags(record: str) -> dict[str, str]:
    """Return a policy's tags (RFC 9989 §4.7)."""
    pairs = (tag.partition("=") for tag in record.split(";"))
    return {name.strip().lower(): value.strip() for name, _, value in pairs if name.strip()}


def is_related(one: str, other: str) -> bool:
    """Tell whether a domain is the other, or above or below it (relaxed alignment)."""
    return bool(one and other) and (
        one == other or one.endswith(f".{other}") or other.endswith(f".{one}")
    )
