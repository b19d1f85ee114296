"""One form of an address to compare by: the same person twice is one."""

from __future__ import annotations

import re
import unicodedata

from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email

from mailer.errors import InvalidAddress

LONGEST_ADDRESS = 254  # RFC 5321 §4.5.3.1.3, less the angle brackets

# What nearly every address of a large file looks like: an ASCII dot-atom (RFC 5322 §3.2.3),
# and a host name (RFC 1123 §2.1) without "--", which may be Punycode, that ends in letters.
# Every other address takes the long way, and so does one with a part that may be too long.
_PLAIN = re.compile(
    r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@((?:[a-z0-9]+(?:-[a-z0-9]+)*\.)+([a-z]{2,}))"
)
_SURELY_SHORT = 63  # octets: no label of a host is longer (RFC 1035 §2.3.4), no local part by much
# The last labels of names that are nobody's host, such as "localhost": judged the long way.
_SPECIAL_ENDS = frozenset(name.rpartition(".")[2] for name in SPECIAL_USE_DOMAIN_NAMES)


def normalise(email: str) -> str:
    """Return an address in the form that is compared: NFC, lower case, its domain in ASCII.

    Local parts are case-sensitive by RFC 5321 §2.4, but no provider of mailboxes uses it, and
    a person who types capitals is the same person. Raises InvalidAddress.
    """
    given = email.strip()
    if len(given) > LONGEST_ADDRESS:
        raise InvalidAddress(f"An address has at most {LONGEST_ADDRESS} characters.")
    lowered = given.lower() if given.isascii() else ""
    plain = _PLAIN.fullmatch(lowered)
    if plain and plain[2] not in _SPECIAL_ENDS and _is_short(plain):
        return lowered
    return normalise_slowly(given)


def _is_short(plain: re.Match[str]) -> bool:
    local, domain = plain.start(1) - 1, plain.end() - plain.start(1)
    return local <= _SURELY_SHORT and domain <= _SURELY_SHORT


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
