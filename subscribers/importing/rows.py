"""Records judged one by one: each is a person, or is refused with its line and the reason."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from json.encoder import encode_basestring_ascii as quote
from typing import NamedTuple
from zoneinfo import available_timezones

from mailer.errors import InvalidAddress, InvalidImport
from subscribers.addresses import normalise
from subscribers.attributes import is_attribute_name
from subscribers.importing.mapping import ATTRIBUTE, ATTRIBUTES_AS_JSON, GUESSED, Target
from subscribers.importing.standing import Standing, read_standing
from subscribers.importing.tables import LONGEST_CELL, Record
from subscribers.importing.values import TYPES, Value, read_canonical, read_text
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
    """Turn records into rows, by a mapping that is taken apart once and not for each record."""

    targets: Sequence[Target]
    standing: Standing = Standing.ACTIVE
    _places: dict[str, int] = field(init=False)
    _readers: list[tuple[str, str, int, Callable[[str], Value]]] = field(init=False)
    _names: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self._places = {
            each.kind: place for place, each in enumerate(self.targets) if each.kind != ATTRIBUTE
        }
        self._readers = [
            (f"{quote(each.name)}: ", each.name, place, _choose_reader(each.type))
            for place, each in enumerate(self.targets)
            if each.kind == ATTRIBUTE
        ]
        kinds = ("name", "given_name", "family_name")
        self._names = [self._places[kind] for kind in kinds if kind in self._places]

    def judge(self, record: Record) -> Row | Refusal:
        """Return the person that a record is, or why it is none."""
        line, cells = record
        try:
            return self._read(line, cells)
        except (InvalidAddress, InvalidImport) as error:
            reason = str(error).rstrip(".")
            return Refusal(line, reason, tuple(cell[:LONGEST_CELL] for cell in cells))

    def _read(self, line: int, cells: Sequence[str]) -> Row:
        texts = self._clean(cells)
        places = self._places
        email = texts[places["email"]]
        standing = self.standing
        if "standing" in places and texts[places["standing"]]:
            standing = read_standing(texts[places["standing"]])
        return Row(
            line,
            email,
            normalise(email),
            self._read_name(texts),
            check_language(texts[places["language"]]) if "language" in places else "",
            check_country(texts[places["country"]]) if "country" in places else "",
            check_zone(texts[places["time_zone"]]) if "time_zone" in places else "",
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
        if "'" in whole:
            texts = [cell[1:].strip() if GUARDED.match(cell) else cell for cell in texts]
        return texts

    def _read_name(self, texts: list[str]) -> str:
        """Return the whole name where there is one, or else its parts."""
        parts = [texts[place] for place in self._names]
        if "name" in self._places and parts[0]:
            del parts[1:]
        return _check_length("name", clean_name(" ".join(parts)))

    def _spell_attributes(self, texts: list[str]) -> str:
        """Return the attributes as json.dumps writes them, and Django with it, in half its time."""
        if ATTRIBUTES_AS_JSON in self._places:
            given = _read_json(texts[self._places[ATTRIBUTES_AS_JSON]])
            own = json.loads(self._spell_columns(texts))
            return json.dumps(given | own)
        return self._spell_columns(texts)

    def _spell_columns(self, texts: list[str]) -> str:
        pairs = []
        for key, name, place, read in self._readers:
            cell = texts[place]
            if cell:
                pairs.append(key + (quote(cell) if read is read_text else _spell(name, cell, read)))
        return "{" + ", ".join(pairs) + "}"


def _spell(name: str, cell: str, read: Callable[[str], Value]) -> str:
    """Return a cell's value as JSON."""
    value = _read_value(name, cell, read)
    if isinstance(value, str):
        return quote(value)
    return str(value).lower() if isinstance(value, bool) else repr(value)


def _choose_reader(type_name: str) -> Callable[[str], Value]:
    return read_canonical if type_name == GUESSED else TYPES[type_name]


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
