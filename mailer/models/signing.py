"""Who has signed an edition off, for which text; and what was said about its blocks."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from mailer.models.issue import Edition
from mailer.models.membership import Role


class SignOff(models.Model):
    """A role's approval of an edition as it was, by somebody's name.

    ``seal`` is the SHA-256, in hexadecimal, of all that an editor can change of what is sent:
    text, pictures, theme and sender. It holds for as long as the edition has that seal.
    ``source`` is the text that was signed, for the difference to be shown. A signature that was
    taken back stays, with the time.
    """

    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="sign_offs")
    role = models.CharField(_("role"), max_length=12, choices=Role.choices)
    seal = models.CharField(max_length=64)
    content_hash = models.CharField(max_length=64)
    source = models.TextField()
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    name = models.CharField(_("who"), max_length=254)
    at = models.DateTimeField(_("when"))
    withdrawn_at = models.DateTimeField(_("taken back"), null=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["edition", "role", "seal"],
                condition=Q(withdrawn_at=None),
                name="one_sign_off_a_role",
            ),
            models.UniqueConstraint(
                fields=["edition", "user", "seal"],
                condition=Q(withdrawn_at=None),
                name="one_sign_off_a_person",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} as {self.get_role_display()}: {self.edition}"


class Comment(models.Model):
    """Somebody's words about a block of an edition, until they are resolved.

    The block is named by its part's anchor and its number in it; ``excerpt`` is how it began
    when that was written, for blocks move.
    """

    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="comments")
    anchor = models.CharField(max_length=120, blank=True)
    block = models.PositiveSmallIntegerField(default=0)
    excerpt = models.CharField(max_length=200, blank=True)
    text = models.TextField(_("comment"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    name = models.CharField(_("who"), max_length=254)
    at = models.DateTimeField(_("when"))
    resolved_at = models.DateTimeField(_("resolved"), null=True)
    resolved_by = models.CharField(_("resolved by"), max_length=254, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]

    def __str__(self) -> str:
        return f"{self.name}: {self.text[:60]}"
