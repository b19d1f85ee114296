"""The ledger: one row a recipient, and never one without a state."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from mailer.models.mailing import Batch, FrozenEdition, Mailing
from mailer.models.querysets import DeliveryQuerySet


class DeliveryState(models.TextChoices):
    """What has become of a recipient's message."""

    PENDING = "pending", _("pending")
    ACCEPTED = "accepted", _("accepted")
    DEFERRED = "deferred", _("deferred")
    FAILED = "failed", _("failed")
    UNCERTAIN = "uncertain", _("uncertain")
    SKIPPED = "skipped", _("skipped")


class SkipReason(models.TextChoices):
    """Why a person on a mailing's lists is not written to."""

    UNCONFIRMED = "unconfirmed", _("never confirmed")
    UNSUBSCRIBED = "unsubscribed", _("unsubscribed")
    SUPPRESSED = "suppressed", _("suppressed")
    PAUSED = "paused", _("paused by the reader")
    NOT_IN_SEGMENT = "not_in_segment", _("outside the segment")
    EXCLUDED = "excluded", _("excluded by the plan")
    DUPLICATE = "duplicate", _("already written to through another list")
    CANCELLED = "cancelled", _("the mailing was cancelled")


class Delivery(models.Model):
    """One recipient of one mailing: what was to be sent, and all that is known of it.

    ``email`` and ``email_normalised`` are the address as it was when the mailing was planned,
    as given and as it is compared. ``next_attempt_at`` keeps a delivery back until then.
    ``note`` names what a skip rests on, such as the suppression's reason. ``reply_*`` are
    the server's last words; ``attempts`` counts conversations that got one. The ``*_at``
    of what came back are set at most once each; those of opening and clicking are a person's
    first, and are empty where none is counted.
    """

    mailing = models.ForeignKey(
        Mailing, on_delete=models.CASCADE, related_name="deliveries", db_index=False
    )
    batch = models.ForeignKey(
        Batch, on_delete=models.CASCADE, null=True, related_name="deliveries", db_index=False
    )
    frozen_edition = models.ForeignKey(
        FrozenEdition, on_delete=models.CASCADE, null=True, db_index=False
    )
    subscriber = models.ForeignKey(
        "subscribers.Subscriber",
        on_delete=models.SET_NULL,
        null=True,
        related_name="deliveries",
        db_index=False,
    )
    list = models.ForeignKey("subscribers.List", on_delete=models.PROTECT, db_index=False)
    email = models.CharField(max_length=320)
    email_normalised = models.CharField(max_length=320, blank=True, db_default="")
    name = models.CharField(max_length=200, blank=True)
    state = models.CharField(
        max_length=10, choices=DeliveryState.choices, default=DeliveryState.PENDING
    )
    skip_reason = models.CharField(max_length=20, choices=SkipReason.choices, blank=True)
    note = models.CharField(max_length=200, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    deferrals = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    reply_code = models.PositiveSmallIntegerField(null=True, blank=True)
    reply_status = models.CharField(max_length=12, blank=True)
    reply_text = models.CharField(max_length=500, blank=True)
    reply_stage = models.CharField(max_length=8, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    bounced_at = models.DateTimeField(null=True, blank=True)
    complained_at = models.DateTimeField(null=True, blank=True)
    unsubscribed_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField(null=True, blank=True)
    clicked_at = models.DateTimeField(null=True, blank=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "deliveries"
        # A state that changes writes every index anew, and half of what a message costs the
        # database is that: no foreign key has one of its own. A person's deliveries are found
        # by the first constraint, a mailing's by the second and by its sums.
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["subscriber", "mailing", "list"], name="one_delivery_a_place"
            ),
            models.UniqueConstraint(
                fields=["mailing", "subscriber"],
                condition=~models.Q(state="skipped"),
                name="one_message_a_person",
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["batch", "state"], name="delivery_of_batch"),
            models.Index(fields=["mailing", "state"], name="delivery_sums"),
            # For segments: only those who did, so that a send writes nothing here.
            models.Index(
                fields=["mailing", "subscriber"],
                condition=models.Q(opened_at__isnull=False),
                name="delivery_opened",
            ),
            models.Index(
                fields=["mailing", "subscriber"],
                condition=models.Q(clicked_at__isnull=False),
                name="delivery_clicked",
            ),
            # The other way round: of tens of thousands whom a rule has found otherwise, who opened.
            models.Index(
                fields=["subscriber", "mailing"],
                condition=models.Q(opened_at__isnull=False),
                name="delivery_opened_by",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email}: {self.state}"


class Signal(models.Model):
    """What was seen of one delivery: its opening (``number`` 0), or clicks on one of its links.

    ``by_machine`` tells scanners, which open and follow everything, from readers: the same
    delivery may have both.
    """

    delivery = models.ForeignKey(
        Delivery, on_delete=models.CASCADE, related_name="signals", db_index=False
    )
    number = models.PositiveSmallIntegerField()
    by_machine = models.BooleanField()
    times = models.PositiveIntegerField()
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["delivery", "number", "by_machine"], name="one_signal_a_link"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} of {self.delivery_id}: {self.times}"
