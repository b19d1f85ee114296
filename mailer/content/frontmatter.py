"""The front matter: which issue this is, in which language, and who made it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass

from babel import Locale, UnknownLocaleError
from email_validator import EmailNotValidError, validate_email

from mailer.content.fields import Fields, Value
from mailer.content.markdown import is_safe_link
from mailer.content.problems import Problems
from mailer.types import Colophon, PublishedDate, Role

# A subject is one line of a list of mails; beyond this every program cuts it, and RFC 5322
# §2.1.1 ends the line at 998 octets.
LONGEST_SUBJECT = 250
LONGEST_PREHEADER = 250
LONGEST_PERSON = 200  # a whole list in one pair of quotation marks is a mistake
LARGEST_NUMBER = 100_000
_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")
NAMES_REMEDY = "Write the names as a list: [Ada Berg, Bo Li]."


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontMatter:
    """What the front matter says, checked."""

    publication: str
    number: int
    published: PublishedDate
    language: str
    subject: str
    preheader: str
    colophon: Colophon


def read_front_matter(fields: Fields) -> FrontMatter:
    """Return the front matter; what is wrong with it is noted in the fields' problems."""
    front = FrontMatter(
        publication=fields.take("publication", required=True, longest=200),
        number=_read_number(fields),
        published=_read_date(fields),
        language=_read_language(fields),
        subject=fields.take("subject", required=True, longest=LONGEST_SUBJECT),
        preheader=fields.take("preheader", longest=LONGEST_PREHEADER),
        colophon=_read_colophon(fields),
    )
    fields.refuse_others()
    return front


def _read_number(fields: Fields) -> int:
    text = fields.take("number", required=True)
    if not text:
        return 0
    if not re.fullmatch(r"[0-9]{1,6}", text) or not 0 < int(text) <= LARGEST_NUMBER:
        remedy = "Write the issue's number, such as 13."
        fields.problems.add(fields.line_of("number"), f"number is {text!r}", remedy)
        return 0
    return int(text)


def _read_date(fields: Fields) -> PublishedDate:
    text = fields.take("published", required=True)
    nothing = PublishedDate(year=1)
    match = _DATE.fullmatch(text)
    try:
        if match:
            year, month, day = (int(part) if part else None for part in match.groups())
            dt.date(year or 0, month or 1, day or 1)
            return PublishedDate(year=year or 0, month=month, day=day)
    except ValueError:
        match = None
    if text:
        remedy = "Write a year, a month or a day: 2026, 2026-03 or 2026-03-14."
        fields.problems.add(fields.line_of("published"), f"published is {text!r}", remedy)
    return nothing


def _read_language(fields: Fields) -> str:
    text = fields.take("language", required=True)
    if text and not _is_language(text):
        remedy = "Write a language tag (BCP 47), such as en, pt-BR or ar."
        fields.problems.add(fields.line_of("language"), f"language is {text!r}", remedy)
    return text


def _is_language(tag: str) -> bool:
    if not _TAG.fullmatch(tag):
        return False
    try:
        Locale.parse(tag, sep="-")
    except (UnknownLocaleError, ValueError):
        return False
    return True


def _read_colophon(fields: Fields) -> Colophon:
    fields.taken.add("colophon")
    value = fields.values.get("colophon")
    if fields.broken:
        return Colophon(publisher="", address="")
    if value is None or value.fields is None:
        line = value.line if value else fields.line
        remedy = "Write colophon: and below it publisher, address and roles."
        fields.problems.add(line, "there is no colophon", remedy)
        return Colophon(publisher="", address="")
    own = Fields(
        values=value.fields, where="the colophon", line=value.line, problems=fields.problems
    )
    colophon = Colophon(
        publisher=own.take("publisher", required=True, longest=200),
        address=own.take("address", required=True, longest=300),
        phone=own.take("phone", longest=50),
        email=_check(own, "email", _is_address, "letters@example.org"),
        website=_check(own, "website", _is_website, "https://www.example.org/"),
        roles=_read_roles(own),
    )
    own.refuse_others()
    return colophon


def _check(fields: Fields, name: str, fits: Callable[[str], bool], example: str) -> str:
    text = fields.take(name, longest=300)
    if text and not fits(text):
        remedy = f"Write it as in {name}: {example}"
        fields.problems.add(fields.line_of(name), f"{name} is {text!r}", remedy)
    return text


def _is_address(text: str) -> bool:
    """Tell whether every mail program can write to it; an IDN is written in its xn-- form."""
    try:
        validate_email(
            text, check_deliverability=False, test_environment=True, allow_smtputf8=False
        )
    except EmailNotValidError:
        return False
    return text.isascii()


def _is_website(url: str) -> bool:
    return url.startswith(("https://", "http://")) and is_safe_link(url)


def _read_roles(fields: Fields) -> tuple[Role, ...]:
    fields.taken.add("roles")
    value = fields.values.get("roles", Value(line=fields.line, fields={}))
    if value.fields is None:
        remedy = "Write one role a line: 'Editors: [Ada Berg, Bo Li]'."
        fields.problems.add(value.line, "roles is no list of roles", remedy)
        return ()
    return tuple(
        Role(title=title, names=_read_names(title, names, fields.problems))
        for title, names in value.fields.items()
    )


def _read_names(title: str, value: Value, problems: Problems) -> tuple[str, ...]:
    if not title:
        problems.add(value.line, "a role has no title", "Write it before the colon: 'Editors:'.")
    if value.items is None:
        problems.add(value.line, f"{title!r} has no list of names", NAMES_REMEDY)
        return ()
    names = tuple(item.text for item in value.items)
    if not names or not all(name.strip() for name in names):
        problems.add(value.line, f"{title!r} has a name that is empty or no text", NAMES_REMEDY)
    if any(len(name) > LONGEST_PERSON for name in names):
        what = f"{title!r} has a name of more than {LONGEST_PERSON} characters"
        problems.add(value.line, what, NAMES_REMEDY)
    return names
