"""The words that readers see, as gettext catalogues: gathered from the sources, and compiled.

System tools for that are not on a bare machine, so Babel does both. The compiled files are
kept in the repository; a test holds that they say what their sources say.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation import to_locale
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "subscribers" / "locale"
SOURCES = ("templates/public/*.html", "subscribers/letters.py", "subscribers/web/words.py")
MARKS = {"_": None, "gettext": None, "gettext_noop": None}
# A catalogue that says nothing new must not look changed.
NO_DATE = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def gather_messages() -> dict[str, list[str]]:
    """Return every message of the sources, in English, with the files that it stands in."""
    found: dict[str, list[str]] = {}
    paths = [path for pattern in SOURCES for path in sorted(ROOT.glob(pattern))]
    for path in paths:
        name = path.relative_to(ROOT).as_posix()
        for message in _read_messages(path):
            places = found.setdefault(message, [])
            if name not in places:
                places.append(name)
    return found


def catalogue_path(language: str, suffix: str = "po") -> Path:
    """Return where a language's catalogue is, or with "mo" its compiled form."""
    return FOLDER / to_locale(language) / "LC_MESSAGES" / f"django.{suffix}"


def read_catalogue(language: str) -> Catalog:
    """Return a language's catalogue; an empty one where there is none yet."""
    path = catalogue_path(language)
    locale = to_locale(language)
    if not path.exists():
        return Catalog(locale=locale)
    with path.open("rb") as file:
        return read_po(file, locale=locale)


def renew_catalogue(language: str) -> Catalog:
    """Return a language's catalogue with the messages that there are now, and no others."""
    old = read_catalogue(language)
    new = Catalog(
        locale=to_locale(language),
        project="Masthead",
        version="1",
        copyright_holder="Masthead",
        creation_date=NO_DATE,
        revision_date=NO_DATE,
        fuzzy=False,
    )
    for message, places in sorted(gather_messages().items()):
        known = old.get(message)
        words = message if language == "en" else known.string if known else ""
        new.add(message, words, locations=[(name, 0) for name in places])
    return new


def compile_catalogue(catalogue: Catalog) -> bytes:
    """Return a catalogue in the form that gettext reads."""
    octets = io.BytesIO()
    write_mo(octets, catalogue)
    return octets.getvalue()


def write_catalogue(language: str) -> None:
    """Write a language's catalogue anew, and compiled."""
    catalogue = renew_catalogue(language)
    catalogue_path(language).parent.mkdir(parents=True, exist_ok=True)
    with catalogue_path(language).open("wb") as file:
        write_po(file, catalogue, width=100, include_lineno=False, omit_header=False)
    catalogue_path(language, "mo").write_bytes(compile_catalogue(read_catalogue(language)))


@cache
def version_of(language: str) -> str:
    """Return a name for the very words of a language, for the evidence of consent."""
    content = catalogue_path(language, "mo").read_bytes()
    return f"{language}-{hashlib.sha256(content).hexdigest()[:12]}"


def _read_messages(path: Path) -> Iterator[str]:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".html":
        # What is left is no Python, but reads as some when no line is indented.
        text = "\n".join(line.strip() for line in templatize(text).splitlines())
    for _, message, _, _ in extract("python", io.BytesIO(text.encode()), keywords=MARKS):
        yield message if isinstance(message, str) else message[0]
