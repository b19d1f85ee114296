"""The people of the small world: believable, and the same for the same number and seed.

Their addresses end in domains that are reserved for examples (RFC 2606 §3), so that no mail
could reach anybody even if it left this machine.
"""

from __future__ import annotations

import csv
import io
import json
import random
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from mailer.demo.behaviour import Behaviour, find_behaviour

SEED = 7
READERS, PARTNERS = "readers", "partners"
DOMAINS = ("example.org", "example.com", "example.net")
ROLES = ("researcher", "student", "teacher", "policy", "press", "librarian")
# The segment leaves these out: a bulletin for working readers.
ROLE_OUTSIDE = "librarian"
FIRST_YEAR, LAST_YEAR = 2015, 2025
# Percent of all people: on both lists, never confirmed, left before the first mailing.
ON_BOTH, NEVER_CONFIRMED, LEFT_BEFORE = 6, 4, 3
# Letters that Unicode does not take apart into a Latin one and an accent.
PLAIN = str.maketrans({"ø": "o", "Ø": "o", "ł": "l", "Ł": "l", "ß": "ss", "'": ""})
COLUMNS = ("email", "name", "language", "country", "time_zone", "role", "since")

# The rule of the segment: everybody but one trade. ``is_in_segment`` says the same in Python.
SEGMENT_NAME = "Working readers"
SEGMENT_RULE: dict[str, Any] = {
    "all": [
        {"field": "attributes.role", "operator": "is_set"},
        {"not": {"field": "attributes.role", "operator": "equals", "value": ROLE_OUTSIDE}},
    ]
}


class Standing(StrEnum):
    """Where a person's subscriptions stand when the first mailing begins."""

    CONFIRMED = "confirmed"
    UNCONFIRMED = "unconfirmed"
    LEFT = "left"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One sample subscriber; ``lists`` has one short name or both."""

    email: str
    name: str
    language: str
    country: str
    time_zone: str
    role: str
    since: str
    lists: tuple[str, ...]
    standing: Standing

    @property
    def is_in_segment(self) -> bool:
        """Tell whether the segment's rule selects this person."""
        return self.role != ROLE_OUTSIDE


def make_people(count: int, *, seed: int = SEED) -> list[Person]:
    """Make sample subscribers, spread evenly over the countries."""
    chance = random.Random(seed)  # noqa: S311 - sample data, not a secret
    countries = load_countries()
    codes = sorted(countries)
    return [_make(number, codes[number % len(codes)], countries, chance) for number in range(count)]


def load_countries() -> dict[str, dict[str, Any]]:
    """Return the countries by ISO 3166 code: language, time zones, names."""
    path = Path(__file__).with_name("countries.json")
    countries: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return countries


def write_csv(people: Iterable[Person]) -> io.StringIO:
    """Return the people as the file that an import reads."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    writer.writerows([getattr(person, column) for column in COLUMNS] for person in people)
    file.seek(0)
    return file


def on_list(people: Iterable[Person], group: str, standing: Standing) -> Iterator[Person]:
    """Yield the people who are on a list with this standing."""
    return (each for each in people if group in each.lists and each.standing is standing)


def _make(
    number: int, code: str, countries: dict[str, dict[str, Any]], chance: random.Random
) -> Person:
    country = countries[code]
    given, given_plain = _split(chance.choice(country["given"]))
    family, family_plain = _split(chance.choice(country["family"]))
    email = f"{given_plain}.{family_plain}.{number + 1}@{code.lower()}.{chance.choice(DOMAINS)}"
    standing = _choose_standing(chance)
    return Person(
        email=email,
        name=f"{family}{given}" if "order" in country else f"{given} {family}",
        language=country["language"],
        country=code,
        time_zone=chance.choice(country["zones"]),
        role=chance.choice(ROLES),
        since=str(chance.randint(FIRST_YEAR, LAST_YEAR)),
        lists=_choose_lists(email, standing, chance),
        standing=standing,
    )


def _choose_standing(chance: random.Random) -> Standing:
    percent = chance.randrange(100)
    if percent < NEVER_CONFIRMED:
        return Standing.UNCONFIRMED
    return Standing.LEFT if percent < NEVER_CONFIRMED + LEFT_BEFORE else Standing.CONFIRMED


def _choose_lists(email: str, standing: Standing, chance: random.Random) -> tuple[str, ...]:
    """Return one list, or both for some.

    Nobody who presses "unsubscribe" is on both: leaving one list leaves one list, and the
    next mailing would rightly reach them through the other.
    """
    both = chance.randrange(100) < ON_BOTH
    one = chance.choice((READERS, READERS, PARTNERS))
    stays = find_behaviour(email) is not Behaviour.LEAVES
    return (READERS, PARTNERS) if both and stays and standing is Standing.CONFIRMED else (one,)


def _split(name: str) -> tuple[str, str]:
    """Return a name in its script, and in plain Latin letters for an address."""
    written, _, plain = name.partition("=")
    return written, plain or to_plain(written)


def to_plain(name: str) -> str:
    """Return a Latin name in lower-case ASCII letters."""
    parts = unicodedata.normalize("NFKD", name.translate(PLAIN))
    return "".join(letter for letter in parts if letter.isascii() and letter.isalpha()).lower()
