"""Who wrote a mail: a mail server itself, or somebody's mailbox."""

from __future__ import annotations

import re

from mailer.feedback.mime import Part

# RFC 5321 §4.5.5: reports come from the null sender; programs name themselves besides.
_DAEMON = re.compile(
    r"mailer[-_.]?daemon|postmaster|mail[- ]?delivery|mail administrator|bounce|mmdf|mail system",
    re.IGNORECASE,
)


def is_daemon(top: Part) -> bool:
    """Tell whether a mail's header says that a mail server wrote it."""
    return (
        top.kind == "multipart/report"
        or bool(top.get("x-failed-recipients"))
        or bool(_DAEMON.search(top.get("from")))
    )
