"""What took long to count, kept so that pages need not count it."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models


class Figure(models.Model):
    """One count, as it was at ``counted_at``, and how long it took.

    ``kind`` names who counts it (``results.figures``), ``about`` what it is of. Nobody is asked
    to count it again before ``due_at``.
    """

    kind = models.CharField(max_length=20)
    about = models.CharField(max_length=250)
    value = models.JSONField()
    counted_at = models.DateTimeField()
    took_ms = models.PositiveIntegerField()
    due_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["kind", "about"], name="one_figure_a_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.about}"
