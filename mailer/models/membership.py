"""Who works on a publication, and as what."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from mailer.models.publication import Publication


class Role(models.TextChoices):
    """What somebody is to a publication; what each may do stands in ``web.desk.permissions``."""

    ADMIN = "admin", _("admin")
    RESPONSIBLE = "responsible", _("responsible editor")
    LANGUAGE = "language", _("language editor")
    EDITOR = "editor", _("editor")
    AUTHOR = "author", _("author")
    VIEWER = "viewer", _("viewer")


class Membership(models.Model):
    """A person's role in one publication. A superuser is every publication's admin without one."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="memberships",
        verbose_name=_("person"),
    )
    publication = models.ForeignKey(
        Publication,
        on_delete=models.CASCADE,
        related_name="memberships",
        verbose_name=_("publication"),
    )
    role = models.CharField(_("role"), max_length=12, choices=Role.choices)

    class Meta:
        ordering: ClassVar[list[str]] = ["publication", "user"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["user", "publication"], name="one_role_a_publication"),
        ]

    def __str__(self) -> str:
        return f"{self.user} is {self.get_role_display()} of {self.publication}"
