"""Proof of work (ALTCHA): a browser computes for half a second before it may ask for a letter.

It costs a reader nothing and a bomb its speed. The challenge is signed, so nothing is kept
until it comes back; then it is good once.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hashlib
import hmac
import json
import secrets
from functools import cache
from typing import Any

import altcha
import redis
from django.conf import settings

ALGORITHM = "PBKDF2/SHA-256"
# Iterations for each number that is tried: 2 ms in a browser, and for us when we make one.
COST = 5_000
# The number that solves it: 0.2 to 0.6 s of a desktop's work, three times that on a phone.
LOWEST, HIGHEST = 100, 300
VALID = dt.timedelta(minutes=30)
LONGEST_PAYLOAD = 4_000  # characters; ours have about 800
USED_KEY = "masthead:proof:{}"


def make_challenge(*, now: dt.datetime) -> dict[str, Any]:
    """Return a new challenge, as JSON tells it to the browser."""
    challenge = altcha.create_challenge(
        ALGORITHM,
        COST,
        counter=LOWEST + secrets.randbelow(HIGHEST - LOWEST),
        expires_at=now + VALID,
        hmac_secret=_secret("challenge"),
        hmac_key_secret=_secret("key"),
    )
    return dict(challenge.to_dict())


def is_proven(payload: str, *, client: redis.Redis) -> bool:
    """Tell whether work was done for a challenge of ours that nobody has used yet.

    Raises redis.RedisError, as what was used is remembered there.
    """
    if not payload or len(payload) > LONGEST_PAYLOAD:
        return False
    found = altcha.verify_solution(payload, _secret("challenge"), hmac_key_secret=_secret("key"))
    return bool(found.verified) and _use_up(payload, client)


def _use_up(payload: str, client: redis.Redis) -> bool:
    """Remember a challenge until it expires; tell whether it was fresh."""
    try:
        signature = str(json.loads(base64.b64decode(payload))["challenge"]["signature"])
    except (binascii.Error, ValueError, KeyError, TypeError):
        return False
    key = USED_KEY.format(signature)
    return bool(client.set(key, b"", nx=True, ex=int(VALID.total_seconds()) + 60))


@cache
def _secret(name: str) -> bytes:
    secret = settings.SECRET_KEY.encode()
    return hmac.digest(secret, f"masthead: proof of work, {name}".encode(), hashlib.sha256)
