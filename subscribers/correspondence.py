"""What people asked for and nobody has looked at yet, and the letters that they are owed.

A public page only writes down what was asked. Whatever depends on who is known is done later,
by a task, so that no page can tell by its words or its time whether an address is.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class SignUp(models.Model):
    """A form that was sent in, until it is answered: then the row goes.

    ``lists`` are the lists' numbers; ``due_at`` is later where the sender had not proven any
    work, or too many came at once.
    """

    email = models.CharField(max_length=320)
    email_normalised = models.CharField(max_length=320)
    name = models.CharField(max_length=200, blank=True)
    language = models.CharField(max_length=35)
    lists = models.JSONField(default=list)
    method = models.CharField(max_length=40)
    form_version = models.CharField(max_length=40)
    ip_address = models.GenericIPAddressField(null=True, blank=True)
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.email_normalised} at {self.asked_at:%Y-%m-%d %H:%M}"


class AddressChange(models.Model):
    """A reader's wish to be written to elsewhere; done when the new mailbox has confirmed it.

    ``old_email`` is kept so that whoever reads the old mailbox can refuse or undo it.
    """

    subscriber = models.ForeignKey(
        "subscribers.Subscriber", on_delete=models.CASCADE, related_name="address_changes"
    )
    old_email = models.CharField(max_length=320)
    email = models.CharField(max_length=320)
    email_normalised = models.CharField(max_length=320)
    asked_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)
    refused_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.subscriber_id}: {self.old_email} to {self.email}"


class NoticeKind(models.TextChoices):
    """What a letter is about."""

    CONFIRM = "confirm", _("please confirm")
    KNOWN = "known", _("already on the list")
    WELCOME = "welcome", _("welcome")
    NEW_ADDRESS = "new_address", _("confirm your new address")
    OLD_ADDRESS = "old_address", _("your address is to change")


class NoticeState(models.TextChoices):
    """What has become of a letter."""

    WAITING = "waiting", _("waiting")
    SENT = "sent", _("sent")
    FAILED = "failed", _("failed")


class NoticeQuerySet(models.QuerySet["Notice"]):
    """Choose letters."""

    def due(self, *, now: Any) -> NoticeQuerySet:
        """Return those that are to be sent now, the oldest first."""
        return self.filter(state=NoticeState.WAITING, due_at__lte=now).order_by("due_at", "id")


class Notice(models.Model):
    """A letter to one person: what it is about, where it goes, and what became of it.

    ``lists`` are the numbers of the lists that it speaks of: a link in it is of use for them
    alone. ``mailbox`` is the address without its tag, for limits. Whoever sends the letter moves
    ``due_at`` ahead first, by a conditional UPDATE, so that nobody else does; if they die, it
    is due again by then.
    """

    kind = models.CharField(_("kind"), max_length=12, choices=NoticeKind.choices)
    subscriber = models.ForeignKey(
        "subscribers.Subscriber", on_delete=models.CASCADE, related_name="notices"
    )
    change = models.ForeignKey(AddressChange, on_delete=models.CASCADE, null=True, blank=True)
    email = models.CharField(max_length=320)
    email_normalised = models.CharField(max_length=320)
    mailbox = models.CharField(max_length=320)
    language = models.CharField(max_length=35)
    lists = models.JSONField(default=list)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=NoticeState.choices, default=NoticeState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True, blank=True)
    reply = models.CharField(max_length=500, blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["due_at"], condition=Q(state="waiting"), name="notice_waiting"),
            models.Index(fields=["mailbox", "created_at"], name="notice_by_mailbox"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.email_normalised}: {self.state}"
