"""What came back: mail to the bounce addresses, and what it said."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from mailer.models.delivery import Delivery


class InboundMessage(models.Model):
    """A mail that the listener took, kept before anything reads it, so that nothing is lost.

    ``digest`` is the SHA-256 of the raw bytes and the envelope's recipient: the same mail
    delivered twice is one row. ``problem`` says why it could not be read, if it could not.
    """

    digest = models.CharField(max_length=64, unique=True)
    sender = models.CharField(max_length=320, blank=True)
    recipient = models.CharField(max_length=320)
    raw = models.BinaryField()
    received_at = models.DateTimeField()
    handled_at = models.DateTimeField(null=True, blank=True, db_index=True)
    problem = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]

    def __str__(self) -> str:
        return f"to {self.recipient} at {self.received_at:%Y-%m-%d %H:%M}"


class ProviderEvent(models.Model):
    """One event that a mail service told us by HTTP, kept before anything is done with it.

    ``key`` is the same however often it is told. ``event`` is a FeedbackEvent as JSON.
    ``problem`` says why it changed nothing, or could not be read. One that names a delivery
    which is not known yet is looked at again at ``try_at``.
    """

    provider = models.CharField(max_length=20)
    key = models.CharField(max_length=64, unique=True)
    event = models.JSONField(default=dict)
    happened_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField(db_index=True)
    try_at = models.DateTimeField(null=True)
    handled_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]
        indexes: ClassVar[list[Any]] = [
            models.Index(
                fields=["try_at"], condition=models.Q(handled_at=None), name="told_and_waiting"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider} at {self.received_at:%Y-%m-%d %H:%M}"


class Feedback(models.Model):
    """One thing that a report said about one delivery, applied once."""

    delivery = models.ForeignKey(
        Delivery, on_delete=models.CASCADE, null=True, related_name="feedback"
    )
    inbound_message = models.ForeignKey(
        InboundMessage, on_delete=models.CASCADE, null=True, related_name="feedback"
    )
    provider_event = models.ForeignKey(
        ProviderEvent, on_delete=models.SET_NULL, null=True, related_name="feedback"
    )
    kind = models.CharField(max_length=12)
    permanent = models.BooleanField(default=False)
    recipient = models.CharField(max_length=320, blank=True)
    status = models.CharField(max_length=12, blank=True)
    reason = models.CharField(max_length=20, blank=True)
    diagnostic = models.CharField(max_length=1000, blank=True)
    at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "feedback"
        ordering: ClassVar[list[str]] = ["-id"]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["recipient", "at"], name="feedback_by_recipient"),
            models.Index(fields=["reason", "at"], name="feedback_by_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.recipient}"
