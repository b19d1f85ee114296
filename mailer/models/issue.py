"""An issue of a bulletin, and its editions by language."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from mailer.models.places import edition_path
from mailer.models.publication import Publication


class Issue(models.Model):
    """A numbered issue. ``published`` is its date as printed: YYYY, YYYY-MM or YYYY-MM-DD."""

    publication = models.ForeignKey(Publication, on_delete=models.PROTECT, related_name="issues")
    number = models.PositiveIntegerField(_("number"))
    published = models.CharField(_("date"), max_length=10)

    class Meta:
        ordering: ClassVar[list[str]] = ["publication", "-number"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["publication", "number"], name="one_issue_a_number"),
        ]

    def __str__(self) -> str:
        return f"{self.publication} No. {self.number}"


class Edition(models.Model):
    """An issue in one language: the issue file as the editor wrote it.

    ``source`` is the file's canonical text; ``content_hash`` the SHA-256 of it and of its
    pictures, in hexadecimal. ``pictures`` maps each source that a block names to the name
    under which the picture is stored.
    """

    issue = models.ForeignKey(Issue, on_delete=models.CASCADE, related_name="editions")
    language = models.CharField(_("language"), max_length=35)
    subject = models.CharField(_("subject"), max_length=250)
    source = models.TextField(_("source"))
    pictures = models.JSONField(_("pictures"), default=dict, blank=True)
    content_hash = models.CharField(max_length=64, editable=False)
    changed_at = models.DateTimeField(_("changed at"))

    class Meta:
        ordering: ClassVar[list[str]] = ["issue", "language"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["issue", "language"], name="one_edition_a_language"),
        ]

    def __str__(self) -> str:
        return f"{self.issue} ({self.language})"

    def get_absolute_url(self) -> str:
        """Return the path at which anybody may read this edition on the web."""
        issue = self.issue
        return edition_path(issue.publication.slug, issue.number, self.language)
