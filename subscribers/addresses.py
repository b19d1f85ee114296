"""One form of an address to compare by: the same person twice is one."""

from __future__ import annotations

from email_validator import EmailNotValidError, validate_email

from mailer.errors import InvalidAddress


def normalise(email: str) -> str:
    """Return an address in the form that is compared: NFC, lower case, its domain in ASCII.

    Local parts are case-sensitive by RFC 5321 §2.4, but no provider of mailboxes uses it, and
    a person who types capitals is the same person. Raises InvalidAddress.
    """
    try:
        address = validate_email(email.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise InvalidAddress(f"{email.strip()[:80]!r} is no address: {error}") from error
    return f"{address.local_part}@{address.ascii_domain or address.domain}".lower()
