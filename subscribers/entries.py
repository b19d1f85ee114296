"""What people are searched by, in a narrow table of its own beside theirs.

An index of the parts of words on the people's own table would halve the speed of imports, so
this one is filled behind them, on PostgreSQL (``subscribers.searching``). On SQLite it is empty.
"""

from __future__ import annotations

from django.db import models


class SearchEntry(models.Model):
    """A person's address and name as one text, in small letters, a line's end between them.

    The database's own triggers change it with the person and delete it with them, also where
    checks of references are off: so there is no constraint, and nothing for Django to do.
    """

    subscriber = models.OneToOneField(
        "subscribers.Subscriber",
        on_delete=models.DO_NOTHING,
        primary_key=True,
        related_name="+",
        db_constraint=False,
    )
    text = models.TextField()

    def __str__(self) -> str:
        return f"search entry of {self.subscriber_id}"


class SearchMark(models.Model):
    """How far people have entries: the only row there is.

    All up to the number ``through`` have one. Those up to ``seen`` were there, or being written,
    at ``seen_at``: what was being written then has become visible some time later.
    """

    through = models.BigIntegerField(default=0)
    seen = models.BigIntegerField(default=0)
    seen_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"search entries through {self.through}"
