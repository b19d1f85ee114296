"""Records judged one by one: each is a person, or is refused with its line and the reason."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache, partial
from json.encoder import encode_basestring as quote
from typing import NamedTuple
from zoneinfo import available_timezones

from mailer.errors import InvalidAddress, InvalidImport
from subscribers.addresses import normalise
from subscribers.attributes import is_attribute_name
from subscribers.importing.mapping import ATTRIBUTE, ATTRIBUTES_AS_JSON, GUESSED, Target
from subscribers.importing.standing import PLAIN_FORMS, Standing, read_standing
from subscribers.importing.tables import LONGEST_CELL, Record
from subscribers.importing.values import (
    GUESSED_TYPES,
    TYPES,
    Value,
    read_canonical,
    read_text,
)
from subscribers.names import clean_name

LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")  # the form of BCP 47
LONGEST = {"name": 200, "language": 35}  # characters that the columns hold
FEW = 1_024  # texts whose verdict is remembered
MOST_ATTRIBUTES = 100  # of one person, where they come as JSON in a cell
# What we put before a cell that a spreadsheet would run: taken off again, so that an export can
# be imported.
GUARDED = re.compile(r"'[=+\-@\t\r]")


class Row(NamedTuple):
    """A person of the file; ``attributes`` is a JSON object. A tuple, since there are millions."""

    line: int
    email: str
    address: str
    name: str
    language: str
    country: str
    time_zone: str
    attributes: str
    standing: Standing


class Refusal(NamedTuple):
    """A record that is passed over: its line, why, and what stood there."""

    line: int
    reason: str
    cells: tuple[str, ...]


@dataclass(slots=True, kw_only=True)
class Judge:
    """Turn records into rows, by a mapping that is taken apart once and not for each record.

    ``places`` are those of the columns that are no attribute, ``name_places`` of what a name is
    made of. Of an attribute's column ``spellers`` hold its name as a JSON key, its place, and
    what makes JSON of a cell. ``guessed`` are the places of attributes that nobody has looked at.
    """

    targets: Sequence[Target]
    standing: Standing = Standing.ACTIVE
    places: dict[str, int] = field(init=False)
    name_places: list[int] = field(init=False)
    spellers: list[tuple[str, int, Callable[[str], str]]] = field(init=False)
    guessed: frozenset[int] = field(init=False)

    def __post_init__(self) -> None:
        self.places = {
            each.kind: place for place, each in enumerate(self.targets) if each.kind != ATTRIBUTE
        }
        self.spellers = [
            (f"{quote(each.name)}: ", place, _choose_speller(each))
            for place, each in enumerate(self.targets)
            if each.kind == ATTRIBUTE
        ]
        self.guessed = frozenset(
            place for place, each in enumerate(self.targets) if each.type in GUESSED_TYPES
        )
        # As PostgreSQL keeps an object's keys, which then has nothing to sort.
        self.spellers.sort(key=lambda each: (len(each[0].encode()), each[0].encode()))
        kinds = ("name", "given_name", "family_name")
        self.name_places = [self.places[kind] for kind in kinds if kind in self.places]

    def judge(self, record: Record) -> Row | Refusal:
        """Return the person that a record is, or why it is none."""
        line, cells = record
        try:
            return self._read(line, cells)
        except (InvalidAddress, InvalidImport) as error:
            reason = str(error).rstrip(".")
            return Refusal(line, reason, tuple(cell[:LONGEST_CELL] for cell in cells))

    def join_name(self, parts: Sequence[str]) -> str:
        """Return the whole name where there is one, or else its parts."""
        return parts[0] if "name" in self.places and parts[0] else " ".join(parts)

    def read_standing(self, cell: str) -> Standing:
        """Return what a word says, or what is so for the whole file where there is none."""
        return read_standing(cell) if cell else self.standing

    def _read(self, line: int, cells: Sequence[str]) -> Row:
        texts = self._clean(cells)
        places = self.places
        email = texts[places["email"]]
        standing = self.standing
        if "standing" in places:
            standing = self.read_standing(texts[places["standing"]])
        return Row(
            line,
            email,
            normalise(email),
            self._read_name(texts),
            self._read_detail("language", texts),
            self._read_detail("country", texts),
            self._read_detail("time_zone", texts),
            self._spell_attributes(texts),
            standing,
        )

    def _clean(self, cells: Sequence[str]) -> list[str]:
        """Return the cells without the white space around them, and without our own guards."""
        if len(cells) != len(self.targets):
            raise InvalidImport(
                f"The row has {len(cells)} cells and the header {len(self.targets)}"
            )
        texts = [cell.strip() for cell in cells]
        whole = "".join(texts)
        if len(whole) > LONGEST_CELL and max(map(len, texts)) > LONGEST_CELL:
            raise InvalidImport(f"A cell is longer than {LONGEST_CELL:,} characters")
        if "\0" in whole:
            raise InvalidImport("The row has a NUL character")
        if not has_octets(whole):
            raise InvalidImport("The row has half a character, which no database takes")
        if "'" in whole:
            texts = [cell[1:].strip() if GUARDED.match(cell) else cell for cell in texts]
        return texts

    def _read_name(self, texts: list[str]) -> str:
        name = self.join_name([texts[place] for place in self.name_places])
        return _check_length("name", clean_name(name))

    def _read_detail(self, kind: str, texts: list[str]) -> str:
        place = self.places.get(kind)
        return "" if place is None else DETAILS[kind](texts[place])

    def _spell_attributes(self, texts: list[str]) -> str:
        """Return the attributes as json.dumps writes them, in half its time."""
        own = "{" + ", ".join(self._spell_columns(texts)) + "}"
        if ATTRIBUTES_AS_JSON not in self.places:
            return own
        given = _read_json(texts[self.places[ATTRIBUTES_AS_JSON]])
        return json.dumps(given | json.loads(own), ensure_ascii=False)

    def _spell_columns(self, texts: list[str]) -> Iterator[str]:
        for key, place, spell in self.spellers:
            if place in self.guessed and texts[place] in PLAIN_FORMS:
                raise InvalidImport(
                    f"attribute {self.targets[place].name!r} says {texts[place]!r}: map its"
                    " column as standing, or as an attribute of a type, such as text"
                )
            if texts[place]:
                yield key + spell(texts[place])


def has_octets(text: str) -> bool:
    """Tell whether a text can be written in UTF-8: half a surrogate pair can't."""
    try:
        return text.isascii() or bool(text.encode())
    except UnicodeEncodeError:
        return False


def _choose_speller(target: Target) -> Callable[[str], str]:
    read = read_canonical if target.type == GUESSED else (TYPES | GUESSED_TYPES)[target.type]
    return quote if read is read_text else partial(_spell, target.name, read)


def _spell(name: str, read: Callable[[str], Value], cell: str) -> str:
    """Return a cell's value as JSON."""
    value = _read_value(name, cell, read)
    if isinstance(value, str):
        return quote(value)
    return str(value).lower() if isinstance(value, bool) else repr(value)


def _read_value(name: str, cell: str, read: Callable[[str], Value]) -> Value:
    try:
        return read(cell)
    except InvalidImport as error:
        raise InvalidImport(f"{name}: {error}") from error


def _check_length(what: str, text: str) -> str:
    if len(text) > LONGEST[what]:
        raise InvalidImport(f"{what} is longer than {LONGEST[what]:,} characters")
    return text


@cache
def _zones() -> dict[str, str]:
    """Return the names of time zones by their small letters, read from the disk once."""
    return {zone.casefold(): zone for zone in available_timezones()}


# Few of these occur in a file, again and again: each is judged once.
@lru_cache(FEW)
def check_language(text: str) -> str:
    """Return a language's tag as we keep it, or nothing. Raises InvalidImport."""
    language = text.replace("_", "-")
    if language and not LANGUAGE_TAG.fullmatch(language):
        raise InvalidImport(f"language {text[:40]!r} is none: write it as in en or pt-BR")
    return _check_length("language", language)


@lru_cache(FEW)
def check_country(text: str) -> str:
    """Return a country's two letters as we keep it, or nothing. Raises InvalidImport."""
    country = text.upper()
    if country and not (len(country) == 2 and country.isascii() and country.isalpha()):
        raise InvalidImport(f"country {text[:40]!r} is none: write two letters, as in NO")
    return country


@lru_cache(FEW)
def check_zone(text: str) -> str:
    """Return a time zone's name as we keep it, or nothing. Raises InvalidImport."""
    zone = _zones().get(text.casefold(), "") if text else ""
    if text and not zone:
        raise InvalidImport(f"time_zone {text[:40]!r} is none: write it as in Europe/Oslo")
    return zone


DETAILS = {"language": check_language, "country": check_country, "time_zone": check_zone}


def _read_json(cell: str) -> dict[str, Value]:
    """Return the attributes in a cell: texts, numbers and flags; all else as JSON in a text."""
    try:
        found = json.loads(cell) if cell else {}
    except (ValueError, RecursionError) as error:
        raise InvalidImport("attributes are no JSON object") from error
    if not isinstance(found, dict) or len(found) > MOST_ATTRIBUTES:
        raise InvalidImport(f"attributes are no JSON object of at most {MOST_ATTRIBUTES} values")
    for name in found:
        if not is_attribute_name(name):
            raise InvalidImport(f"attribute {name[:40]!r} can't be kept under its name")
    return {name: _keep(value) for name, value in found.items() if value not in (None, "")}


def _keep(value: object) -> Value:
    if isinstance(value, bool | int | float):
        # Neither engine's JSON has NaN, or keeps the digits of longer numbers.
        return value if abs(value) < 1e15 else str(value)[:LONGEST_CELL]
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if "\0" in text:
        raise InvalidImport("attributes have a NUL character")
    return text.encode("utf-8", "replace").decode()
