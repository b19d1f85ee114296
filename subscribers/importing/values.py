"""The types of attributes: how a cell becomes a value, and which type a column seems to have."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Iterable

from mailer.errors import InvalidImport

Value = str | int | float | bool
# A number that is written as we would write it again: neither a postal code with its zero,
# nor a telephone number with its plus, nor more digits than a double keeps.
CANONICAL = re.compile(r"(0|[1-9][0-9]{0,14})|(0|[1-9][0-9]{0,8})\.[0-9]{0,5}[1-9]")
NUMBER = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,15})?")
ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
PARTS_OF_DATE = re.compile(r"([0-9]{1,2})[./ -]([0-9]{1,2})[./ -]([0-9]{4})")
YES = frozenset(
    {"true", "yes", "y", "1", "on", "x", "oui", "vrai", "sí", "si", "да", "نعم", "是", "有"}
)
NO = frozenset({"false", "no", "n", "0", "off", "non", "faux", "нет", "لا", "否", "无"})


def read_text(cell: str) -> Value:
    """Return a cell as it is."""
    return cell


def read_number(cell: str) -> Value:
    """Return a number; a comma before one or two last digits is a decimal one."""
    text = re.sub(r",([0-9]{1,2})$", r".\1", cell.replace("\u00a0", "").replace(" ", ""))
    text = text.replace(",", "")
    if not NUMBER.fullmatch(text):
        raise InvalidImport(f"{cell[:80]!r} is no number")
    number = float(text)
    return int(number) if number.is_integer() and math.fabs(number) < 1e15 else number


def read_flag(cell: str) -> Value:
    """Return yes or no, as six languages say it."""
    word = cell.casefold()
    if word in YES or word in NO:
        return word in YES
    raise InvalidImport(f"{cell[:80]!r} is neither yes nor no")


def read_date(cell: str) -> Value:
    """Return an ISO date; one with a time of day loses it."""
    try:
        return dt.date.fromisoformat(cell[:10]).isoformat()
    except ValueError as error:
        raise InvalidImport(f"{cell[:80]!r} is no date such as 2026-03-14") from error


def read_day_first(cell: str) -> Value:
    """Return the ISO form of a date such as 14.3.2026."""
    return _read_parts(cell, order=(3, 2, 1), example="14/03/2026")


def read_month_first(cell: str) -> Value:
    """Return the ISO form of a date such as 3/14/2026."""
    return _read_parts(cell, order=(3, 1, 2), example="03/14/2026")


TYPES: dict[str, Callable[[str], Value]] = {
    "text": read_text,
    "number": read_number,
    "flag": read_flag,
    "date": read_date,
    "date_dmy": read_day_first,
    "date_mdy": read_month_first,
}


def read_canonical(cell: str) -> Value:
    """Return a number where the cell is one beyond doubt, or else the text that it is."""
    if not CANONICAL.fullmatch(cell):
        return cell
    return float(cell) if "." in cell else int(cell)


# The types of columns that nobody has looked at: guessed from the first rows, they hold as long as
# no later cell says that its person is no reader.
GUESSED_TYPES: dict[str, Callable[[str], Value]] = {
    "guessed_text": read_text,
    "guessed_number": read_canonical,
}


def seems_numeric(cells: Iterable[str]) -> bool:
    """Tell whether every filled cell of a sample, and at least one, is a number beyond doubt."""
    filled = [cell for cell in cells if cell]
    return bool(filled) and all(CANONICAL.fullmatch(cell) for cell in filled)


def _read_parts(cell: str, *, order: tuple[int, int, int], example: str) -> Value:
    parts = PARTS_OF_DATE.fullmatch(cell)
    year, month, day = (int(parts[place]) if parts else 0 for place in order)
    try:
        return dt.date(year, month, day).isoformat()
    except ValueError as error:
        raise InvalidImport(f"{cell[:80]!r} is no date such as {example}") from error
