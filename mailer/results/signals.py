"""Openings and clicks, from the moment they are seen to the ledger.

A redirect must answer at once, so what it sees goes to a list in Redis, and a worker writes it to
the database in batches. Redis away costs what was seen meanwhile, and no reader a moment. What
stands in the list, a network's keyed hash and a program's name, is kept for no longer than that.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import ipaddress
import json
import logging
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from functools import cache
from typing import Any

import redis
from django.conf import settings

logger = logging.getLogger(__name__)

KEY = "masthead:signals"
# Nobody waits longer than this for a count; a server that did not answer is left alone for a while.
PATIENCE_SECONDS = 0.1
LEFT_ALONE_SECONDS = 5.0
# Of a million readers a few hundred thousand may look in one hour; beyond this nobody is reading
# the list, and Redis must keep its memory for the sending.
MOST_WAITING = 200_000
LONGEST_AGENT = 300
# Neighbours in one office or one data centre; a whole IPv6 customer has a /48 or more.
NETWORK_BITS = {4: 24, 6: 48}
OPENING = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """One request that a message caused: of which delivery, or only which edition (one is 0).

    ``number`` is the link's, or 0 for an opening. ``at`` is in seconds since 1970.
    ``network`` is a hash that tells whether two came from the same one.
    """

    delivery_id: int = 0
    frozen_edition_id: int = 0
    number: int = OPENING
    at: float
    method: str = "GET"
    agent: str = ""
    network: str = ""


class Buffer:
    """The list in Redis: added to by the web, taken from by a worker."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._left_alone_until = 0.0

    def add(self, sight: Sight) -> bool:
        """Add what was seen, if Redis takes it at once; say whether it did."""
        if time.monotonic() < self._left_alone_until:
            return False
        line = json.dumps(asdict(replace(sight, agent=sight.agent[:LONGEST_AGENT])))
        try:
            waiting: Any = self._client.rpush(KEY, line)
            if waiting > MOST_WAITING:
                self._client.ltrim(KEY, -MOST_WAITING, -1)
        except redis.RedisError as error:
            logger.warning("Openings and clicks are not counted for a while: %s", error)
            self._left_alone_until = time.monotonic() + LEFT_ALONE_SECONDS
            return False
        return True

    def take(self, count: int) -> list[Sight]:
        """Take the oldest out. Raises redis.RedisError."""
        lines: Any = self._client.lpop(KEY, count)
        return [Sight(**json.loads(line)) for line in lines or ()]

    def put_back(self, sights: Iterable[Sight]) -> None:
        """Put back what was taken and could not be written. Raises redis.RedisError."""
        lines = [json.dumps(asdict(sight)) for sight in sights]
        if lines:
            self._client.lpush(KEY, *reversed(lines))


@cache
def open_buffer() -> Buffer:
    """Return this process' way to the list, on the Redis server of the settings."""
    return Buffer(
        redis.Redis.from_url(
            settings.REDIS_URL,
            socket_timeout=PATIENCE_SECONDS,
            socket_connect_timeout=PATIENCE_SECONDS,
        )
    )


def hash_network(address: str, *, day: dt.date) -> str:
    """Return what is the same for one network on one day and tells nothing of which it is.

    A private address is a proxy's of ours, behind which everybody is: it says nothing.
    """
    try:
        host = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if not host.is_global:
        return ""
    network = ipaddress.ip_network((host, NETWORK_BITS[host.version]), strict=False)
    text = f"masthead: network {day} {network}"
    return hmac.digest(settings.SECRET_KEY.encode(), text.encode(), hashlib.sha256).hex()[:16]
