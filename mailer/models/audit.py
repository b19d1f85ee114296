"""What was done at the desk: by whom, when, to what, and what it was before."""

from __future__ import annotations

from typing import Any, ClassVar, NoReturn

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils.translation import gettext_lazy as _

from mailer.models.publication import Publication


class AuditQuerySet(models.QuerySet["AuditEntry"]):
    """Add entries and read them. What could be changed would prove nothing."""

    def update(self, **_: Any) -> NoReturn:
        """Refuse."""
        raise PermissionError("The audit log is added to, never changed.")

    def bulk_update(self, *_: Any, **__: Any) -> NoReturn:
        """Refuse."""
        raise PermissionError("The audit log is added to, never changed.")

    def delete(self) -> NoReturn:
        """Refuse."""
        raise PermissionError("The audit log is added to, never deleted.")


class AuditEntry(models.Model):
    """One act that changed something: added, never changed or deleted.

    ``actor`` and ``subject`` are the person and the thing in words, so that an entry outlives
    both. ``before`` and ``after`` hold what differs.
    """

    publication = models.ForeignKey(
        Publication, on_delete=models.SET_NULL, null=True, related_name="audit_entries"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    actor = models.CharField(_("who"), max_length=254)
    act = models.CharField(_("what was done"), max_length=60)
    subject = models.CharField(_("to what"), max_length=300)
    before = models.JSONField(_("before"), default=dict, encoder=DjangoJSONEncoder)
    after = models.JSONField(_("after"), default=dict, encoder=DjangoJSONEncoder)
    at = models.DateTimeField(_("when"))

    objects = AuditQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]
        verbose_name_plural = "audit entries"

    def __str__(self) -> str:
        return f"{self.actor}: {self.act} {self.subject}"

    def save(self, *args: Any, **options: Any) -> None:
        """Add the entry; refuse to change one that is kept."""
        if not self._state.adding:
            raise PermissionError("The audit log is added to, never changed.")
        super().save(*args, **options)

    def delete(self, *_: Any, **__: Any) -> NoReturn:
        """Refuse."""
        raise PermissionError("The audit log is added to, never deleted.")
