"""What providers' own words mean: a table for each, from its documentation.

The words are read from the fields that ``WORDS`` names, joined with slashes in small letters, and
looked up from the longest form to the shortest. What a server said itself says more than they do
(see ``convert``). Whoever adds a provider adds a line to each table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mailer.types import FeedbackKind, Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What a word says: which kind of event it is, why, and whether the address is dead."""

    kind: FeedbackKind = FeedbackKind.BOUNCE
    reason: Reason = Reason.UNKNOWN
    permanent: bool = False


DEAD = Meaning(reason=Reason.UNKNOWN_ADDRESS, permanent=True)
NO_DOMAIN = Meaning(reason=Reason.UNKNOWN_DOMAIN, permanent=True)
SOFT = Meaning()
SHUT = Meaning(reason=Reason.DISABLED)
FULL = Meaning(reason=Reason.MAILBOX_FULL)
LARGE = Meaning(reason=Reason.TOO_LARGE)
CONTENT = Meaning(reason=Reason.CONTENT)
SPAM = Meaning(reason=Reason.SPAM)
BLOCKED = Meaning(reason=Reason.BLOCKED)
FORGED = Meaning(reason=Reason.AUTHENTICATION)
RATE = Meaning(reason=Reason.RATE)
NETWORK = Meaning(reason=Reason.NETWORK)
SYSTEM = Meaning(reason=Reason.SYSTEM)
COMPLAINED = Meaning(kind=FeedbackKind.COMPLAINT)
LEFT = Meaning(kind=FeedbackKind.UNSUBSCRIBE)

# Amazon's types, which Resend hands on.
_AMAZON = {
    "permanent": DEAD,
    "undetermined": SOFT,
    "transient": SOFT,
    "transient/mailboxfull": FULL,
    "transient/messagetoolarge": LARGE,
    "transient/contentrejected": CONTENT,
    "transient/attachmentrejected": CONTENT,
}

WORDS: Mapping[str, tuple[str, ...]] = {
    "ses": ("bounce.bounceType", "bounce.bounceSubType"),
    "sendgrid": ("event", "type", "bounce_classification", "reason"),
    "mailgun": ("event-data.severity", "event-data.reason"),
    "postmark": ("RecordType", "Type", "SuppressionReason"),
    "brevo": ("event",),
    "sparkpost": ("msys.message_event.bounce_class",),
    "mailjet": ("event", "error"),
    "resend": ("data.bounce.type", "data.bounce.subType"),
}

MEANINGS: Mapping[str, Mapping[str, Meaning]] = {
    "ses": _AMAZON,
    "sendgrid": {
        "bounce/bounce": SOFT,
        "bounce/bounce/invalid address": DEAD,
        "bounce/bounce/mailbox unavailable": FULL,
        "bounce/bounce/technical": SYSTEM,
        "bounce/blocked": BLOCKED,
        "bounce/blocked/content": CONTENT,
        "bounce/blocked/reputation": BLOCKED,
        "bounce/blocked/frequency or volume too high": RATE,
        "bounce/blocked/mailbox unavailable": FULL,
        "bounce/blocked/technical": SYSTEM,
        "bounce/blocked/unclassified": SOFT,
        "dropped/bounced address": DEAD,
        "dropped/invalid": DEAD,
        "dropped/spam reporting address": COMPLAINED,
        "dropped/unsubscribed address": LEFT,
        "dropped/spam content (if spam checker app enabled)": SPAM,
    },
    "mailgun": {
        # The server's code and words stand beside these, and say which it is.
        "permanent/bounce": DEAD,
        "permanent/suppress-bounce": DEAD,
        "permanent/suppress-complaint": COMPLAINED,
        "permanent/suppress-unsubscribe": LEFT,
        "permanent": SOFT,
    },
    "postmark": {
        "bounce/hardbounce": DEAD,
        "bounce/bademailaddress": DEAD,
        "bounce/softbounce": SOFT,
        "bounce/dnserror": NETWORK,
        "bounce/manuallydeactivated": SHUT,
        "bounce/unconfirmed": SOFT,
        "bounce/blocked": BLOCKED,
        "bounce/dmarcpolicy": FORGED,
        # The message went to the spam folder or was refused as spam: no word of the reader's.
        "bounce/spamnotification": SPAM,
        "bounce/virusnotification": CONTENT,
        "subscriptionchange/hardbounce": DEAD,
        "subscriptionchange/spamcomplaint": COMPLAINED,
        "subscriptionchange/manualsuppression": LEFT,
    },
    "brevo": {
        "hard_bounce": DEAD,
        "invalid_email": DEAD,
        "soft_bounce": SOFT,
        # Brevo keeps a list of its own of whom it does not write to.
        "blocked": SHUT,
    },
    "sparkpost": {
        "1": SOFT,
        "10": DEAD,
        "20": SOFT,
        "21": NETWORK,
        "22": FULL,
        "23": LARGE,
        "24": NETWORK,
        "25": SHUT,  # their own list of whom they do not write to
        "30": DEAD,
        "40": SOFT,
        "50": BLOCKED,
        "51": SPAM,
        "52": SPAM,
        "53": CONTENT,
        "54": BLOCKED,
        "70": SYSTEM,
    },
    "mailjet": {
        "bounce/user unknown": DEAD,
        "bounce/mailbox inactive": SHUT,
        "bounce/quota exceeded": FULL,
        "bounce/invalid domain": NO_DOMAIN,
        "bounce/no mail host": NO_DOMAIN,
        "bounce/relay/access denied": BLOCKED,
        "bounce/greylisted": RATE,
        "bounce/typofix": DEAD,
        "blocked/user unknown": DEAD,
        "blocked/mailbox inactive": SHUT,
        "blocked/invalid domain": NO_DOMAIN,
        "blocked/no mail host": NO_DOMAIN,
        "blocked/spam reporter": COMPLAINED,
        "blocked/blacklisted": SHUT,
        "blocked/preblocked": SHUT,
        "blocked/typofix": DEAD,
        "bounce/blacklisted": BLOCKED,
        "bounce/sender blocked": BLOCKED,
        "bounce/content blocked": CONTENT,
        "bounce/policy issue": BLOCKED,
        "blocked/sender blocked": BLOCKED,
        "blocked/content blocked": CONTENT,
        "blocked/policy issue": BLOCKED,
    },
    "resend": _AMAZON,
}


def find_meaning(provider: str, raw: object) -> Meaning | None:
    """Return what an event's own words mean, or nothing where the provider uses none."""
    words = [str(found).lower() for path in WORDS[provider] if (found := dig(raw, path))]
    for length in range(len(words), 0, -1):
        meaning = MEANINGS[provider].get("/".join(words[:length]))
        if meaning:
            return meaning
    return None


def dig(raw: object, path: str) -> Any:
    """Return what stands in nested objects under names with dots between, or nothing."""
    for name in path.split("."):
        raw = raw.get(name) if isinstance(raw, Mapping) else None
    return raw
