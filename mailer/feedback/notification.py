"""Amazon SES's notices that SNS sends as mail: a line of JSON in a text that names no server."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from mailer.feedback.address import read_address
from mailer.feedback.classify import find_status, judge
from mailer.feedback.mime import MOST_RECIPIENTS, Mail
from mailer.feedback.notice import read_notice
from mailer.types import FeedbackEvent, FeedbackKind

_BEGINS = re.compile(r'^\s{0,9}\{"(notificationType|eventType)"', re.MULTILINE)
# Sendmail cuts a line of more than 990 octets so, in the middle of a word.
_CUT = re.compile(r"!\n ?")
# Deeper than any notice; the parser of the standard library recurses.
DEEPEST = 20

# What the notice speaks of -> its own key, the key of its recipients, what it means.
TYPES: dict[str, tuple[str, str, FeedbackKind]] = {
    "Bounce": ("bounce", "bouncedRecipients", FeedbackKind.BOUNCE),
    "Complaint": ("complaint", "complainedRecipients", FeedbackKind.COMPLAINT),
    "Delivery": ("delivery", "recipients", FeedbackKind.DELIVERED),
}


def read_notification(mail: Mail) -> list[FeedbackEvent]:
    """Return what an SES notice says, an event a recipient; nothing if it is none."""
    notice = _parse(read_notice(mail))
    key, recipients, kind = TYPES.get(
        str(notice.get("notificationType") or notice.get("eventType")), ("", "", None)
    )
    if kind is None:
        return []
    named = _get(notice, key).get(recipients)
    about = _get(notice, "mail")
    return [
        _make_event(each, kind, about)
        for each in (named if isinstance(named, list) else [])[:MOST_RECIPIENTS]
    ]


def _make_event(named: object, kind: FeedbackKind, about: Mapping[str, Any]) -> FeedbackEvent:
    fields = named if isinstance(named, dict) else {"emailAddress": named}
    diagnostic = str(fields.get("diagnosticCode") or "")
    status = find_status(str(fields.get("status") or ""), diagnostic)
    verdict = judge(status, diagnostic)
    return FeedbackEvent(
        recipient=read_address(str(fields.get("emailAddress") or "")),
        kind=kind,
        permanent=verdict.permanent and kind is FeedbackKind.BOUNCE,
        structured=True,
        status=status,
        reason=verdict.reason,
        diagnostic=diagnostic,
        message_id=str(_get(about, "commonHeaders").get("messageId") or ""),
    )


def _parse(text: str) -> Mapping[str, Any]:
    """Return the notice that stands in a text; nothing if it is cut short or nested too deep."""
    start = _BEGINS.search(text)
    if start is None:
        return {}
    line = _CUT.sub("", text[start.start() :]).strip()
    if max(line.count("{"), line.count("[")) > MOST_RECIPIENTS * DEEPEST:
        return {}
    try:
        found, _ = json.JSONDecoder(strict=False).raw_decode(line)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _get(values: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Return what stands under a key if it is an object, else an empty one."""
    value = values.get(key)
    return value if isinstance(value, dict) else {}
