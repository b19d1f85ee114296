"""For each provider: the checks that a post must pass, and what reads its events.

django-anymail knows every provider's forms; its views are used for that, and for the
signatures that it checks. What it leaves out is checked beside: SNS' signature and topic,
Svix' signature, and the age of what is signed.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from anymail.signals import AnymailTrackingEvent
from anymail.webhooks.amazon_ses import AmazonSESTrackingWebhookView
from anymail.webhooks.brevo import BrevoTrackingWebhookView
from anymail.webhooks.mailgun import MailgunTrackingWebhookView
from anymail.webhooks.mailjet import MailjetTrackingWebhookView
from anymail.webhooks.postmark import PostmarkTrackingWebhookView
from anymail.webhooks.resend import ResendTrackingWebhookView
from anymail.webhooks.sendgrid import SendGridTrackingWebhookView
from anymail.webhooks.sparkpost import SparkPostTrackingWebhookView
from django.http import HttpRequest
from django.views.generic import View

from mailer.errors import ForgedPost
from mailer.feedback.webhooks.post import Post
from mailer.feedback.webhooks.signatures import check_mailgun_time, check_sendgrid_time, check_svix
from mailer.feedback.webhooks.sns import check_sns, join_topic

Check = Callable[[Post, str], None]


class SesView(AmazonSESTrackingWebhookView):  # type: ignore[misc]  # anymail has no types
    """Read SES' events without Amazon's own library, which nothing else here needs."""

    def __init__(self) -> None:
        View.__init__(self)
        self.validators = [AmazonSESTrackingWebhookView.validate_request]

    def auto_confirm_sns_subscription(self, sns_message: dict[str, Any]) -> None:
        """Join the topic: the message is signed and its topic is ours, or we would not be here."""
        join_topic(sns_message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """How a provider's posts are verified and read."""

    make_view: Callable[[str], Any]
    checks: Sequence[Check] = ()


def _by_login(view: Callable[..., Any]) -> Receiver:
    """Return a receiver whose provider knows a password: anymail compares it in constant time."""
    return Receiver(make_view=lambda secret: view(webhook_secret=secret))


RECEIVERS: dict[str, Receiver] = {
    "ses": Receiver(make_view=lambda _: SesView(), checks=(check_sns,)),
    "sendgrid": Receiver(
        make_view=lambda secret: SendGridTrackingWebhookView(
            tracking_webhook_verification_key=secret
        ),
        checks=(check_sendgrid_time,),
    ),
    "mailgun": Receiver(
        make_view=lambda secret: MailgunTrackingWebhookView(webhook_signing_key=secret),
        checks=(check_mailgun_time,),
    ),
    "postmark": _by_login(PostmarkTrackingWebhookView),
    "brevo": _by_login(BrevoTrackingWebhookView),
    "sparkpost": _by_login(SparkPostTrackingWebhookView),
    "mailjet": _by_login(MailjetTrackingWebhookView),
    "resend": Receiver(make_view=lambda _: ResendTrackingWebhookView(), checks=(check_svix,)),
}


def verify(provider: str, secret: str, request: HttpRequest, post: Post) -> None:
    """Raise ForgedPost unless the post is the provider's own, and of these days."""
    try:
        _load_view(provider, secret).run_validators(request)
    except Exception as error:  # what is not verified may be anything, and anymail trusts its form
        raise ForgedPost(f"It is not verified: {error!r:.200}") from error
    for check in RECEIVERS[provider].checks:
        check(post, secret)


def read_events(provider: str, secret: str, request: HttpRequest) -> list[AnymailTrackingEvent]:
    """Return the events of a verified post. Raises whatever anymail does on one it can't read."""
    events: list[AnymailTrackingEvent] = _load_view(provider, secret).parse_events(request)
    return events


@cache
def _load_view(provider: str, secret: str) -> Any:
    # Anymail warns that it checks too little: what it misses is checked above.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return RECEIVERS[provider].make_view(secret)
