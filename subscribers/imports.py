"""The row that an import is remembered by: its file, how it is read, how far it has come."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class ImportState(models.TextChoices):
    """Where an import stands. A check is a dry run: it writes nothing but its forecast."""

    DRAFT = "draft", _("uploaded")
    QUEUED = "queued", _("waiting")
    RUNNING = "running", _("running")
    CHECKED = "checked", _("checked")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", _("cancelled")


ACTIVE = (ImportState.QUEUED, ImportState.RUNNING)
# States in which nothing has been written, or what has been can be gone on from.
STARTABLE = (ImportState.DRAFT, ImportState.CHECKED, ImportState.FAILED, ImportState.CANCELLED)
ENDED = (ImportState.DONE, ImportState.FAILED, ImportState.CANCELLED)


class Existing(models.TextChoices):
    """What an import does with people whom we know already."""

    UPDATE = "update", _("filled cells replace what is known")
    KEEP = "keep", _("what is known stays")


class ImportQuerySet(models.QuerySet["Import"]):
    """Choose imports."""

    def of(self, user: Any) -> ImportQuerySet:
        """Return those that a user may see: their own, or all if they are a superuser."""
        return self if user.is_superuser else self.filter(owner_id=user.pk)


class Import(models.Model):
    """A file of people on its way to a list.

    ``cursor`` counts the records that are done with; it moves in the transaction that writes
    their people, so that an import goes on where it stopped and no chunk is written twice.
    ``fence`` grows with each claim, as a batch's does.
    """

    mapping = models.JSONField(default=list)
    list = models.ForeignKey("subscribers.List", on_delete=models.PROTECT, verbose_name=_("list"))
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True
    )
    file_name = models.CharField(_("file"), max_length=200)
    size_octets = models.BigIntegerField(default=0)
    basis = models.CharField(_("ground"), max_length=200)
    confirmed = models.BooleanField(default=True)
    existing = models.CharField(max_length=10, choices=Existing.choices, default=Existing.UPDATE)
    encoding = models.CharField(max_length=40, blank=True)
    delimiter = models.CharField(max_length=1, blank=True)

    state = models.CharField(
        _("state"), max_length=10, choices=ImportState.choices, default=ImportState.DRAFT
    )
    dry_run = models.BooleanField(default=False)
    total = models.BigIntegerField(null=True)
    cursor = models.BigIntegerField(default=0)
    counts = models.JSONField(default=dict)
    forecast = models.JSONField(default=dict)
    refused_octets = models.BigIntegerField(default=0)
    problem = models.TextField(blank=True)
    fence = models.BigIntegerField(default=0)
    lease_expires_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(_("uploaded at"))
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(_("finished at"), null=True)

    objects = ImportQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["state"], condition=Q(state__in=ACTIVE), name="import_active"),
        ]

    def __str__(self) -> str:
        return f"{self.file_name} to {self.list_id}: {self.state}"

    @property
    def percent(self) -> int:
        """Return how far it has come, from 0 to 100."""
        return min(100, 100 * self.cursor // self.total) if self.total else 0
