"""What the checks of an edition leave behind: how links answered, and who took a warning."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from mailer.models.issue import Edition


class LinkRound(models.Model):
    """The last round of visits to an edition's links.

    ``answers`` is a list of objects with ``url``, ``status``, ``problem``, ``refused`` and ``at``;
    ``content_hash`` the text whose links they are. A round that has not ended is being made, or
    its worker died.
    """

    edition = models.OneToOneField(Edition, on_delete=models.CASCADE, related_name="link_round")
    content_hash = models.CharField(max_length=64)
    answers = models.JSONField(default=list)
    began_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"links of {self.edition}: {len(self.answers)}"


class Acceptance(models.Model):
    """Somebody's name under a warning: they have read it, and the edition may go as it is.

    ``key`` tells the warning by its rule, its place and its words (``Finding.key``): one that
    says anything else is another one. ``name`` outlives the person's account.
    """

    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="acceptances")
    key = models.CharField(max_length=16)
    what = models.CharField(max_length=500)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    name = models.CharField(_("who"), max_length=254)
    at = models.DateTimeField(_("when"))

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["edition", "key"], name="one_acceptance_a_warning"),
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.what}"
