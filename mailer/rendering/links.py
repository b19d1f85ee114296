"""Links that a mail may carry: those that open a page or a letter, and run no code."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from mailer.errors import RenderingError

SCHEMES = frozenset({"http", "https", "mailto"})


def is_safe(url: str) -> bool:
    """Tell whether a link names a host or a mailbox by one of the schemes above."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    # urlsplit drops line breaks and tabs, and a browser does so too: judge what is left.
    return parts.scheme in SCHEMES and bool(parts.netloc or parts.scheme == "mailto")


def check_link(url: str, *, where: str) -> str:
    """Return a link as it is. Raises RenderingError, naming where it stands, for an unsafe one."""
    if is_safe(url):
        return url
    schemes = ", ".join(sorted(SCHEMES))
    raise RenderingError(f"The link {url[:60]!r} of {where} is none of: {schemes}.")


def link_mailbox(address: str) -> str:
    """Return the link that writes to an address, which can't add a subject or more readers."""
    return f"mailto:{quote(address, safe='@+')}"  # RFC 6068 §2
