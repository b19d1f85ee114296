"""How often the public forms may be used: by network, address and domain, counted in Redis.

A limit of the network is told to whoever meets it. Those of an address and of a domain are
not, since they are about somebody else: the answer is the same, and the letter waits or stays
away.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from enum import Enum
from typing import Any

import redis

from subscribers.addresses import find_mailbox

HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)
KEY = "masthead:forms:{}:{}"


class Window(Enum):
    """What is counted, for how long, and how many may be."""

    PROVEN_NETWORK = ("proven", HOUR, 30)  # an office or a school behind one address
    UNPROVEN_NETWORK = ("unproven", HOUR, 5)  # without script: few readers, and every robot
    MAILBOX = ("mailbox", DAY, 3)  # typing errors; one letter a day goes out anyway
    DOMAIN = ("domain", HOUR, 100)  # a small provider's mailboxes are not flooded
    ALL_UNPROVEN = ("all", HOUR, 200)  # a bomb that is thrown from many networks without work

    def __init__(self, label: str, length: dt.timedelta, most: int) -> None:
        self.label = label
        self.length = length
        self.most = most


# Providers at which a large part of all readers are: there the limit would meet readers.
LARGE_DOMAINS = 20
LARGE = frozenset(
    {
        *("gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "msn.com"),
        *("yahoo.com", "aol.com", "icloud.com", "me.com", "gmx.de", "web.de", "gmx.net"),
        *("mail.ru", "yandex.ru", "qq.com", "163.com", "126.com", "orange.fr", "free.fr"),
    }
)
# Without proven work a letter waits: a bomb is slow, and what is wrong can be seen in time.
UNPROVEN_DELAY = dt.timedelta(minutes=5)
HELD_DELAY = HOUR


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """What becomes of a form: refused aloud, dropped in silence, or taken after a delay."""

    refused: bool = False
    dropped: bool = False
    delay: dt.timedelta = dt.timedelta(0)


def admit(client: redis.Redis, *, network: str, email_normalised: str, proven: bool) -> Admission:
    """Count a form, and return what becomes of it. Raises redis.RedisError."""
    if _exceeds(client, Window.PROVEN_NETWORK if proven else Window.UNPROVEN_NETWORK, network):
        return Admission(refused=True)
    if _exceeds(client, Window.MAILBOX, find_mailbox(email_normalised)):
        return Admission(dropped=True)
    domain = email_normalised.rpartition("@")[2]
    held = _exceeds(client, Window.DOMAIN, domain, times=LARGE_DOMAINS if domain in LARGE else 1)
    if not proven:
        held |= _exceeds(client, Window.ALL_UNPROVEN, "")
    if held:
        return Admission(delay=HELD_DELAY)
    return Admission(delay=dt.timedelta(0) if proven else UNPROVEN_DELAY)


def _exceeds(client: redis.Redis, window: Window, who: str, *, times: int = 1) -> bool:
    """Count once more, and tell whether that is too often; the window begins with the first."""
    # Redis keeps no address that somebody typed.
    key = KEY.format(window.label, hashlib.sha256(who.encode()).hexdigest()[:32])
    with client.pipeline(transaction=True) as pipe:
        pipe.set(key, 0, nx=True, ex=int(window.length.total_seconds()))
        pipe.incr(key)
        found: list[Any] = pipe.execute()
    return int(found[1]) > window.most * times
