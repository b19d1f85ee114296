"""A test message as it leaves: what readers get, with nobody's links in it."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import time
from dataclasses import replace
from functools import cache

from django.conf import settings
from django.urls import reverse

from mailer.dispatch.freezing.freeze import render_edition
from mailer.dispatch.servers.signers import load_signers
from mailer.dispatch.trials.reader import find_own_segments
from mailer.message.compile import compile_message
from mailer.message.dkim import merge_in_pieces, prepare_signing
from mailer.message.headers import MessageHeaders, format_address
from mailer.message.identity import bounce_address, message_id, unsubscribe_address
from mailer.models import Publication, Trial
from mailer.models.sender import Sender, foresee_sender
from mailer.rendering.links import link_mailbox
from mailer.types import OutgoingMessage, SlotName
from subscribers.links import preferences_url, unsubscribe_url
from subscribers.names import clean_name

MARK = "[Test] "
# A subscription that nobody has: a mail program that follows the link by itself takes nobody off.
NOBODY = {"subscriber_id": 0, "list_id": 0, "reference": 0}


def make_trial(trial: Trial, *, now: dt.datetime) -> OutgoingMessage:
    """Return a test message, signed. Raises MastheadError if it can't be made."""
    edition, reader = trial.edition, trial.reader
    publication, sender = edition.issue.publication, foresee_sender(edition.issue)
    rendered = render_edition(edition, find_own_segments(edition, reader) if reader else ())
    if trial.marked:
        rendered = replace(rendered, subject=MARK + rendered.subject)
    compiled = compile_message(rendered, headers=_headers(publication, sender, now=now))
    return OutgoingMessage(
        delivery_id=trial.pk,
        sender=bounce_address(trial.pk, settings.BOUNCE_DOMAIN, trial_key()),
        recipient=trial.email,
        content=merge_in_pieces(
            prepare_signing(compiled),
            _values(trial, publication, sender),
            load_signers(sender.domain),
            signed_at=int(time.time()),
        ),
    )


def _values(trial: Trial, publication: Publication, sender: Sender) -> dict[str, str]:
    issue = trial.edition.issue
    name = clean_name(trial.reader.name) if trial.reader else ""
    own = reverse("desk:preview", args=[publication.slug, issue.number, trial.edition.language])
    return {
        "to": format_address("", trial.email),
        "message_id": message_id(trial.pk, sender.domain, trial_key()),
        "unsubscribe_mailto": unsubscribe_address(trial.pk, settings.BOUNCE_DOMAIN, trial_key()),
        SlotName.UNSUBSCRIBE_URL: unsubscribe_url(**NOBODY),
        SlotName.PREFERENCES_URL: preferences_url(**NOBODY),
        SlotName.WEB_URL: settings.PUBLIC_URL + own,
        SlotName.NAME: name,
        SlotName.EMAIL: trial.email,
    }


def _headers(publication: Publication, sender: Sender, *, now: dt.datetime) -> MessageHeaders:
    return MessageHeaders(
        from_name=sender.name,
        from_address=sender.address,
        reply_to=sender.reply_to,
        list_id=publication.list_id,
        list_name=publication.name,
        list_archive=settings.PUBLIC_URL + publication.get_absolute_url(),
        list_help=link_mailbox(sender.reply_to or sender.address),
        feedback_id=("test", publication.slug, "bulletin", sender.domain),
        date=now,
    )


@cache
def trial_key() -> bytes:
    """Return the key of test messages' identities.

    Their numbers are not deliveries' numbers: under a key of its own, a test that bounces, or a
    mail that unsubscribes from one, is never taken for a reader's.
    """
    secret = settings.SECRET_KEY.encode()
    return hmac.digest(secret, b"masthead: identity of tests", hashlib.sha256)
