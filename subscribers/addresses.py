"""One form of an address to compare by: the same person twice is one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email

from mailer.errors import InvalidAddress

LONGEST_ADDRESS = 254  # RFC 5321 §4.5.3.1.3, less the angle brackets

# What nearly every address of a large file looks like: an ASCII dot-atom (RFC 5322 §3.2.3),
# and a host name (RFC 1123 §2.1) without "--", which may be Punycode, that ends in letters.
# Every other address takes the long way, and so does one with a part that may be too long.
_PLAIN_LOCAL = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_PLAIN_DOMAIN = re.compile(r"(?:[a-z0-9]+(?:-[a-z0-9]+)*\.)+([a-z]{2,})")
_SURELY_SHORT = 63  # octets: no label of a host is longer (RFC 1035 §2.3.4), no local part by much
# The last labels of names that are nobody's host, such as "localhost": judged the long way.
_SPECIAL_ENDS = frozenset(name.rpartition(".")[2] for name in SPECIAL_USE_DOMAIN_NAMES)
MANY_DOMAINS = 16_384  # whose verdict is remembered: a few megabytes


def normalise(email: str) -> str:
    """Return an address in the form that is compared: NFC, lower case, its domain in ASCII.

    Local parts are case-sensitive by RFC 5321 §2.4, but no provider of mailboxes uses it, and
    a person who types capitals is the same person. Raises InvalidAddress.
    """
    given = email.strip()
    if len(given) > LONGEST_ADDRESS:
        raise InvalidAddress(f"An address has at most {LONGEST_ADDRESS} characters.")
    return _find_plain(given) or normalise_slowly(given)


def normalise_many(emails: Iterable[str]) -> list[str]:
    """Return what ``normalise`` returns of each address, and nothing where it raises."""
    return [_find_plain(email) or _try(email) for email in emails]


def _find_plain(given: str) -> str:
    """Return the address in small letters if it is certainly one, and needs no more than that."""
    lowered = given.lower()
    local, _, domain = lowered.partition("@")
    is_plain = (
        # Of the text as given: two letters that are not ASCII have small ones that are.
        given.isascii()
        and len(local) <= _SURELY_SHORT
        and _PLAIN_LOCAL.fullmatch(local)
        and _is_plain_domain(domain)
    )
    return lowered if is_plain else ""


@lru_cache(MANY_DOMAINS)
def _is_plain_domain(domain: str) -> bool:
    found = _PLAIN_DOMAIN.fullmatch(domain)
    if not found or len(domain) > _SURELY_SHORT:
        return False
    return found[1] not in _SPECIAL_ENDS


def _try(email: str) -> str:
    try:
        return normalise(email)
    except InvalidAddress:
        return ""


def normalise_slowly(given: str) -> str:
    """Return the same by email-validator's whole rules, which cost ten times as much."""
    try:
        # Strict is about the 64 octets of a local part (RFC 5321 §4.5.3.1.1).
        address = validate_email(
            given, check_deliverability=False, test_environment=True, strict=True
        )
    except EmailNotValidError as error:
        raise InvalidAddress(f"{given!r} is no email address: {error}") from error
    # Lower case can undo NFC (the Turkish İ becomes i and a combining dot), so NFC comes last.
    whole = f"{address.local_part}@{address.ascii_domain or address.domain}".lower()
    return unicodedata.normalize("NFC", whole)


def find_mailbox(email_normalised: str) -> str:
    """Return the address without the tag that many providers let people add ("ada+news@…").

    For limits alone: whether a provider does so is known to nobody else, so people who differ
    by a tag stay two.
    """
    local, _, domain = email_normalised.rpartition("@")
    return f"{local.partition('+')[0] or local}@{domain}"
