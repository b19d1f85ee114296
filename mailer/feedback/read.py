"""From raw bytes to events: the one door of the parsers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from mailer.feedback.arf import read_arf
from mailer.feedback.dsn import read_dsn
from mailer.feedback.mime import Mail, read_mail, split_mbox
from mailer.feedback.notification import read_notification
from mailer.feedback.prose import read_prose
from mailer.feedback.returned import open_wrapped
from mailer.feedback.vacation import read_vacation
from mailer.types import FeedbackEvent, FeedbackKind

# From the surest to the least sure; the first that finds anything is believed.
READERS: tuple[Callable[[Mail], list[FeedbackEvent]], ...] = (
    read_arf,
    read_dsn,
    read_vacation,
    read_notification,
    read_prose,
)


def read_feedback(raw: bytes, *, envelope_recipient: str = "") -> list[FeedbackEvent]:
    """Return what an inbound mail says about messages that we sent; nothing if it is no report.

    ``envelope_recipient`` is the address of ours that it came to. A mail to an unsubscribe
    address means that, whatever it says. Raises UnreadableReport.
    """
    prefix = envelope_recipient[:2].lower()
    if prefix == "u-":
        return [
            FeedbackEvent(
                recipient="", kind=FeedbackKind.UNSUBSCRIBE, bounce_address=envelope_recipient
            )
        ]
    events = [event for mail in split_mbox(raw) for event in _read_mail(mail)]
    if prefix == "b-":
        events = [replace(event, bounce_address=envelope_recipient) for event in events]
    return events


def _read_mail(raw: bytes) -> list[FeedbackEvent]:
    """Return what one mail says, or else the report that it wraps."""
    mail = read_mail(raw)
    return _ask_readers(mail) or _ask_readers(open_wrapped(mail))


def _ask_readers(mail: Mail | None) -> list[FeedbackEvent]:
    return next(filter(None, (reader(mail) for reader in READERS)), []) if mail else []
