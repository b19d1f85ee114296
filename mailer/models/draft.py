"""An edition while it is written, and how it came to be what it is."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from mailer.models.issue import Issue


class Draft(models.Model):
    """An edition as it is being written, saved at every pause.

    Nothing is sent of it: what readers get is the Edition that is made of it when somebody says
    that it is ready. ``content`` is the issue in parts, each with a name of its own that it keeps
    (see ``web.desk.editing.parts``); ``pictures`` is as an edition's, and remembers of each also
    the picture before it was cropped. ``revision`` grows with every change. ``kept_revision`` is
    the one that became the edition last, and ``kept_hash`` that edition's ``content_hash``.
    """

    issue = models.ForeignKey(Issue, on_delete=models.CASCADE, related_name="drafts")
    language = models.CharField(_("language"), max_length=35)
    content = models.JSONField(_("content"), default=dict)
    pictures = models.JSONField(_("pictures"), default=dict, blank=True)
    revision = models.PositiveIntegerField(_("revision"), default=1)
    kept_revision = models.PositiveIntegerField(_("revision that was kept"), default=0)
    kept_hash = models.CharField(max_length=64, blank=True, editable=False)
    changed_at = models.DateTimeField(_("changed at"))

    class Meta:
        ordering: ClassVar[list[str]] = ["issue", "language"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["issue", "language"], name="one_draft_a_language"),
        ]

    def __str__(self) -> str:
        return f"{self.issue} ({self.language})"

    @property
    def is_kept(self) -> bool:
        """Tell whether the edition says all that the draft says."""
        return self.revision == self.kept_revision


class Revision(models.Model):
    """A draft as it was after a change, or after several of one person in a row.

    ``number`` is the draft's revision that it ended with. What is ``aside`` never was the draft:
    it is what somebody wrote into a block that another had changed, kept so that nothing is lost.
    """

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField(_("number"))
    act = models.CharField(_("what was done"), max_length=120)
    aside = models.BooleanField(_("put aside"), default=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    author = models.CharField(_("who"), max_length=254)
    content = models.JSONField(_("content"), default=dict)
    pictures = models.JSONField(_("pictures"), default=dict, blank=True)
    began_at = models.DateTimeField(_("since"))
    at = models.DateTimeField(_("until"))

    class Meta:
        ordering: ClassVar[list[str]] = ["draft", "-number"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["draft", "number"], name="one_revision_a_number"),
        ]

    def __str__(self) -> str:
        return f"{self.draft}, revision {self.number}"
