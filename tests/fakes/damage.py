"""Damage to mail, at random, as a fault on its way or an attacker would do it."""

from __future__ import annotations

import random


def damage(raw: bytes, chance: random.Random) -> bytes:
    """Change a mail somewhere: cut, doubled, filled with junk, its ends of lines broken."""
    start, end = sorted(chance.randrange(len(raw) + 1) for _ in range(2))
    junk = chance.randbytes(chance.randrange(20))
    kind = chance.randrange(7)
    if kind == 6:  # single octets, one in a hundred
        return scatter(raw, chance)
    return (
        raw[:start],
        raw[:start] + raw[end:],
        raw[:start] + junk + raw[start:],
        raw[:end] + raw[start:],
        raw.replace(b"\n", junk[:3] or b"\r", chance.randrange(1, 40)),
        raw.replace(b":", b"", chance.randrange(1, 9)),
    )[kind]


def scatter(raw: bytes, chance: random.Random) -> bytes:
    """Change one octet in a hundred."""
    octets = bytearray(raw)
    for _ in range(len(raw) // 100):
        octets[chance.randrange(len(raw))] = chance.randrange(256)
    return bytes(octets)
