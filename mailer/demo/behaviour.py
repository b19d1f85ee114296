"""How each address of the small world behaves: a property of the address alone.

The mail server needs no list of people to act by, and whoever checks the figures can ask
the same question again. The shares are about those of a healthy list.
"""

from __future__ import annotations

import hashlib
from enum import StrEnum


class Behaviour(StrEnum):
    """What an address does with a message for it."""

    TAKES = "takes"  # accepts it, and that is all
    REFUSES = "refuses"  # 550 5.1.1 at RCPT: there is no such mailbox
    BOUNCES = "bounces"  # accepts it and reports later that it can't be delivered (RFC 3464)
    FULL_ONCE = "full_once"  # 452 4.2.2 at the first try of each message
    COMPLAINS = "complains"  # presses "this is spam": a report by RFC 5965
    LEAVES = "leaves"  # presses "unsubscribe" in the mail program: a POST by RFC 8058


# How many of a thousand addresses behave so; all others take what comes.
SHARES_PER_MILLE = {
    Behaviour.REFUSES: 15,
    Behaviour.BOUNCES: 15,
    Behaviour.FULL_ONCE: 25,
    Behaviour.COMPLAINS: 8,
    Behaviour.LEAVES: 17,
}
# Those who are not written to again once they have been.
GONE_AFTERWARDS = frozenset(
    {Behaviour.REFUSES, Behaviour.BOUNCES, Behaviour.COMPLAINS, Behaviour.LEAVES}
)


def find_behaviour(address: str) -> Behaviour:
    """Return how an address behaves, whatever the case it is written in."""
    digest = hashlib.sha256(address.strip().lower().encode()).digest()
    place = int.from_bytes(digest[:8]) % 1_000
    for behaviour, share in SHARES_PER_MILLE.items():
        if place < share:
            return behaviour
        place -= share
    return Behaviour.TAKES
