"""Test messages: an edition sent to named people, outside every ledger."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from mailer.models.issue import Edition


class TrialState(models.TextChoices):
    """What has become of a test message."""

    WAITING = "waiting", _("on its way")
    SENT = "sent", _("accepted")
    FAILED = "failed", _("not sent")


class Trial(models.Model):
    """One test message to one address. No report counts it, and no reader's links are in it.

    ``reader`` is the person as whom it is sent, if any: their name and their segments' text are
    in it. ``marked`` says whether its subject tells that it is a test. ``due_at`` keeps it from
    other workers while one sends it; ``reply`` is the server's last word.
    """

    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="trials")
    email = models.CharField(_("address"), max_length=320)
    reader = models.ForeignKey(
        "subscribers.Subscriber", on_delete=models.SET_NULL, null=True, related_name="+"
    )
    marked = models.BooleanField(_("marked"), default=True)
    state = models.CharField(
        _("state"), max_length=8, choices=TrialState.choices, default=TrialState.WAITING
    )
    reply = models.CharField(_("reply"), max_length=500, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(_("asked for"))
    due_at = models.DateTimeField()
    sent_at = models.DateTimeField(_("sent at"), null=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]
        indexes: ClassVar[list[Any]] = [
            models.Index(
                fields=["due_at"],
                condition=models.Q(state="waiting"),
                name="trial_to_send",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.edition} to {self.email}"
