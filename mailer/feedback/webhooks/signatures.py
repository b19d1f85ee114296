"""The signatures of posts that are an HMAC: Mailgun's, whose body is not in it, and Svix's."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json

from mailer.errors import ForgedPost
from mailer.feedback.webhooks.post import Post, check_age


def check_mailgun_time(post: Post, _secret: str) -> None:
    """Raise ForgedPost if Mailgun signed long ago; the signature itself is checked elsewhere.

    It covers the time and a token and not the event, so a token counts once: see ``keep``.
    """
    try:
        signed = json.loads(post.body)["signature"]["timestamp"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        # Mailgun's posts of before 2018 were forms, whose event can be anything beside the token.
        raise ForgedPost("The post is no event of Mailgun.") from error
    check_age(post, signed)


def check_sendgrid_time(post: Post, _secret: str) -> None:
    """Raise ForgedPost if SendGrid signed long ago; the signature itself is checked elsewhere."""
    check_age(post, post.get("X-Twilio-Email-Event-Webhook-Timestamp"))


def check_svix(post: Post, secret: str) -> None:
    """Raise ForgedPost unless one of the signatures is Svix's for this post, made lately.

    Svix sends for Resend: HMAC-SHA256 over the post's identity, its time and its body.
    """
    sent_at = post.get("svix-timestamp")
    signed = b"%s.%s.%s" % (post.get("svix-id").encode(), sent_at.encode(), post.body)
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error as error:
        raise ForgedPost("The signing secret in the settings is cut short.") from error
    wanted = base64.b64encode(hmac.digest(key, signed, hashlib.sha256))
    # Several, while a secret is being changed: v1,… v1,…
    given = [each.partition(",") for each in post.get("svix-signature").split()]
    good = [
        hmac.compare_digest(each.encode(), wanted) for version, _, each in given if version == "v1"
    ]
    if not any(good):
        raise ForgedPost("The signature is not of this post.")
    check_age(post, sent_at)
