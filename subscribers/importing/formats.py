"""The exports of other systems, known by their columns: listmonk, Mailchimp, Mailman 3, ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from subscribers.importing.standing import Standing

# What Mailchimp counts and measures about a member, and dates that it has for itself.
MAILCHIMP_OWN = (
    *("member_rating", "optin_time", "optin_ip", "confirm_time", "confirm_ip", "latitude"),
    *("longitude", "gmtoff", "dstoff", "region", "last_changed", "leid", "euid", "notes"),
    *("unsub_time", "unsub_campaign_title", "unsub_campaign_id", "unsub_reason"),
    *("unsub_reason_other", "clean_time", "clean_campaign_title", "clean_campaign_id"),
    *("email_type", "priority", "vip"),
)
MAILMAN_OWN = (
    *(
        "address",
        "bounce_score",
        "delivery_mode",
        "delivery_status",
        "http_etag",
        "last_warning_sent",
    ),
    *("last_bounce_received", "list_id", "member_id", "moderation_action", "self_link"),
    *("subscription_mode", "total_warnings_sent", "user"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A system's export: the columns that betray it, and what they are to us.

    ``by_column`` says how everybody stands in a file that has this column.
    """

    name: str
    signs: tuple[frozenset[str], ...]
    targets: Mapping[str, str]
    by_column: Mapping[str, Standing]


FORMATS = (
    Format(
        name="listmonk",
        signs=(frozenset({"uuid", "email", "attributes", "status"}),),
        targets={
            **dict.fromkeys(("uuid", "created_at", "updated_at", "id", "lists"), "skip"),
            "attributes": "attributes",
            "status": "standing",
        },
        by_column={},
    ),
    Format(
        name="mailchimp",
        signs=(
            frozenset({"email address", "member_rating"}),
            frozenset({"email address", "leid", "euid"}),
        ),
        targets={
            **dict.fromkeys(MAILCHIMP_OWN, "skip"),
            "email address": "email",
            "timezone": "time_zone",
            "cc": "country",
            "tags": "attribute:tags:text",
        },
        by_column={"unsub_time": Standing.LEFT, "clean_time": Standing.BLOCKED},
    ),
    Format(
        name="mailman",
        signs=(
            frozenset({"email", "list_id", "role"}),
            frozenset({"email", "member_id", "subscription_mode"}),
        ),
        targets={**dict.fromkeys(MAILMAN_OWN, "skip"), "role": "standing"},
        by_column={},
    ),
    Format(
        name="masthead",
        signs=(frozenset({"email", "time_zone", "created_at", "lists"}),),
        targets={
            **dict.fromkeys(("created_at", "lists", "changed_at", "flags"), "skip"),
            "state": "standing",
        },
        by_column={},
    ),
)


def recognise(columns: Sequence[str]) -> Format | None:
    """Return the format whose signs the columns have, if any."""
    names = {column.strip().casefold() for column in columns}
    for known in FORMATS:
        if any(signs <= names for signs in known.signs):
            return known
    return None


def find_format(columns: Sequence[str]) -> Mapping[str, str] | None:
    """Return the targets of a known export, by the column's name in small letters."""
    known = recognise(columns)
    return known.targets if known else None


def find_standing(columns: Sequence[str]) -> Standing:
    """Return how everybody in a file stands who has no word about it in their row."""
    known = recognise(columns)
    names = {column.strip().casefold() for column in columns}
    found = [each for name, each in known.by_column.items() if name in names] if known else []
    return found[0] if found else Standing.ACTIVE
