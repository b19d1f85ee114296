"""All that is kept about one person, for that person."""

from __future__ import annotations

from typing import Any

from subscribers.flags import flag
from subscribers.models import (
    AddressChange,
    ConsentRecord,
    ConsentText,
    Notice,
    Subscriber,
    Subscription,
    Suppression,
)


def describe_person(person: Subscriber) -> dict[str, Any]:
    """Return what is known of a person as plain values, times in ISO 8601."""
    records = list(ConsentRecord.objects.of_person(person, person.email_normalised))
    return {
        "person": _describe_details(person),
        "lists": [_describe_place(place) for place in _read_places(person)],
        "consent": [_describe_record(record) for record in records],
        "consent_texts": _read_texts({record.form_version for record in records}),
        "letters": [_describe_letter(letter) for letter in person.notices.order_by("id")],
        "address_changes": [
            _describe_change(change) for change in person.address_changes.order_by("id")
        ],
        "suppressions": [_describe_suppression(row) for row in _read_suppressions(person)],
    }


def _read_places(person: Subscriber) -> Any:
    return person.subscriptions.select_related("list").order_by("list__name")


def _read_suppressions(person: Subscriber) -> Any:
    rows = Suppression.objects.select_related("list")
    return rows.filter(email_normalised=person.email_normalised).order_by("id")


def _read_texts(versions: set[str]) -> dict[str, str]:
    """Return the texts that the person was shown, by their versions."""
    texts = ConsentText.objects.filter(version__in=versions)
    return dict(texts.values_list("version", "text"))


def _describe_details(person: Subscriber) -> dict[str, Any]:
    return {
        "email": person.email,
        "email_as_compared": person.email_normalised,
        "marks": [str(mark) for mark in flag(person.email_normalised)],
        "name": person.name,
        "language": person.language,
        "country": person.country,
        "time_zone": person.time_zone,
        "attributes": person.attributes,
        "paused_until": person.paused_until,
        "known_since": person.created_at,
    }


def _describe_place(place: Subscription) -> dict[str, Any]:
    return {
        "list": place.list.name,
        "state": place.state,
        "since": place.changed_at,
        "left_because": place.left_because,
    }


def _describe_record(record: ConsentRecord) -> dict[str, Any]:
    return {
        "action": record.action,
        "list": record.list_slug,
        "email": record.email,
        "method": record.method,
        "ground": record.basis,
        "text_version": record.form_version,
        "ip_address": record.ip_address,
        "at": record.at,
    }


def _describe_letter(letter: Notice) -> dict[str, Any]:
    return {
        "about": letter.kind,
        "to": letter.email,
        "state": letter.state,
        "written_at": letter.created_at,
        "sent_at": letter.sent_at,
    }


def _describe_change(change: AddressChange) -> dict[str, Any]:
    return {
        "from": change.old_email,
        "to": change.email,
        "asked_at": change.asked_at,
        "done_at": change.done_at,
        "refused_at": change.refused_at,
    }


def _describe_suppression(row: Suppression) -> dict[str, Any]:
    return {
        "list": row.list.name if row.list else None,
        "reason": row.reason,
        "origin": row.origin,
        "since": row.created_at,
        "until": row.expires_at,
    }
