"""From anymail's events to ours: what a provider tells becomes what a report by mail would say."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from anymail.signals import AnymailTrackingEvent, EventType, RejectReason

from mailer.feedback.address import read_address
from mailer.feedback.classify import find_status, judge
from mailer.feedback.webhooks.meanings import Meaning, dig, find_meaning
from mailer.providers import OUR_KEY
from mailer.types import FeedbackEvent, FeedbackKind, Reason

# What is told of a message's way and of readers' doings says nothing that we do not know or want.
KINDS: Mapping[str, FeedbackKind] = {
    EventType.BOUNCED: FeedbackKind.BOUNCE,
    EventType.REJECTED: FeedbackKind.BOUNCE,
    EventType.DEFERRED: FeedbackKind.DELAY,
    EventType.COMPLAINED: FeedbackKind.COMPLAINT,
    EventType.UNSUBSCRIBED: FeedbackKind.UNSUBSCRIBE,
    EventType.AUTORESPONDED: FeedbackKind.VACATION,
}
# Of these the provider's own words say better which it is.
CORRECTED = frozenset({FeedbackKind.BOUNCE, FeedbackKind.COMPLAINT})
# What the provider did not even try, for what it remembers, where its own table says nothing.
NOT_TRIED: Mapping[str, Meaning] = {
    RejectReason.SPAM: Meaning(kind=FeedbackKind.COMPLAINT),
    RejectReason.UNSUBSCRIBED: Meaning(kind=FeedbackKind.UNSUBSCRIBE),
    RejectReason.BOUNCED: Meaning(reason=Reason.UNKNOWN_ADDRESS, permanent=True),
    RejectReason.INVALID: Meaning(reason=Reason.UNKNOWN_ADDRESS, permanent=True),
}
# Reasons beside which "permanent" means that nobody is there. Beside any other, what was refused
# for good is the message, whatever the provider calls it.
OF_ADDRESSES = frozenset(
    {Reason.UNKNOWN, Reason.UNKNOWN_ADDRESS, Reason.UNKNOWN_DOMAIN, Reason.DISABLED}
)
# Where the envelope sender stands, which is our VERP address: these providers keep it.
ENVELOPES: Mapping[str, str] = {"ses": "mail.source", "sparkpost": "msys.message_event.msg_from"}
# One identity for the events of several recipients. Elsewhere nothing else may count: a token of
# Mailgun's is all that it signs, and must not be good for a second event.
SHARED = frozenset({"ses"})
# A status (RFC 3463) in a field of its own.
STATUSES: Mapping[str, tuple[str, ...]] = {
    "sendgrid": ("status",),
    "mailgun": ("event-data.delivery-status.enhanced-code", "event-data.delivery-status.code"),
    "sparkpost": ("msys.message_event.error_code",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldEvent:
    """An event as a provider told it: ``key`` is the same however often it is told."""

    key: str
    event: FeedbackEvent
    happened_at: dt.datetime | None


def convert(provider: str, told: Iterable[AnymailTrackingEvent]) -> list[ToldEvent]:
    """Return the events that matter to us; the others are left out."""
    found = []
    for each in told:
        event = _make_event(provider, each)
        if event is not None:
            key = _make_key(provider, each)
            found.append(ToldEvent(key=key, event=event, happened_at=each.timestamp))
    return found


def _make_event(provider: str, told: AnymailTrackingEvent) -> FeedbackEvent | None:
    words = _write(told.mta_response) or _write(told.description)
    kind = KINDS.get(told.event_type)
    meaning = find_meaning(provider, told.esp_event) or _recall(told)
    if kind is None:
        return None
    if meaning is not None and kind in CORRECTED:
        kind = meaning.kind
    status = _find_status(provider, told, words)
    reason, permanent = _weigh(kind, status, words, meaning)
    return FeedbackEvent(
        recipient=read_address(_write(told.recipient)),
        kind=kind,
        permanent=permanent,
        structured=True,
        status=status,
        reason=reason,
        diagnostic=words,
        bounce_address=_write(dig(told.esp_event, ENVELOPES.get(provider, ""))),
        message_id=_find_message_id(told),
    )


def _recall(told: AnymailTrackingEvent) -> Meaning | None:
    return NOT_TRIED.get(told.reject_reason) if told.event_type == EventType.REJECTED else None


def _weigh(
    kind: FeedbackKind, status: str, words: str, meaning: Meaning | None
) -> tuple[Reason, bool]:
    """Return why, and whether the address is dead: the server's own words before the provider's.

    Both must say so. A provider that calls it soft has seen more than one reply; a server that
    speaks of spam or a block condemns the message and not the reader.
    """
    if kind not in {FeedbackKind.BOUNCE, FeedbackKind.DELAY}:
        return Reason.UNKNOWN, False
    verdict = judge(status, words)
    reason = verdict.reason
    if meaning is None:
        return reason, verdict.permanent and kind is FeedbackKind.BOUNCE
    if reason is Reason.UNKNOWN:
        reason = meaning.reason
    dead = meaning.permanent and reason in OF_ADDRESSES and kind is FeedbackKind.BOUNCE
    return reason, dead


def _find_status(provider: str, told: AnymailTrackingEvent, words: str) -> str:
    fields = (_write(dig(told.esp_event, path)) for path in STATUSES.get(provider, ()))
    return find_status(" ".join(fields), words)


def _find_message_id(told: AnymailTrackingEvent) -> str:
    """Return our own Message-ID, from the header that comes back, or else as the message's."""
    metadata = told.metadata if isinstance(told.metadata, Mapping) else {}
    return _write(metadata.get(OUR_KEY)) or _write(told.message_id)


def _make_key(provider: str, told: AnymailTrackingEvent) -> str:
    """Return what is the same whenever this event is told: its identity, or else all of it."""
    identity = _write(told.event_id) or json.dumps(told.esp_event, sort_keys=True, default=str)
    recipient = _write(told.recipient) if provider in SHARED else ""
    parts = (provider, identity, recipient)
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()


def _write(value: object) -> str:
    return "" if value is None else str(value)
