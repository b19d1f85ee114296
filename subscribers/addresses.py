"""One form of an address to compare by: the same person twice is one."""

from __future__ import annotations

import unicodedata

from email_validator import EmailNotValidError, validate_email

from mailer.errors import InvalidAddress

LONGEST_ADDRESS = 254  # RFC 5321 §4.5.3.1.3, less the angle brackets


def normalise(email: str) -> str:
    """Return an address in the form that is compared: NFC, lower case, its domain in ASCII.

    Local parts are case-sensitive by RFC 5321 §2.4, but no provider of mailboxes uses it, and
    a person who types capitals is the same person. Raises InvalidAddress.
    """
    given = email.strip()
    if len(given) > LONGEST_ADDRESS:
        raise InvalidAddress(f"An address has at most {LONGEST_ADDRESS} characters.")
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
