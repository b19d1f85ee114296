"""Tokens by which an institution's own programs speak to a publication."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from mailer.models.publication import Publication

# By it a token is found where it should not be, such as in a repository.
PREFIX = "mh_"
OCTETS = 32
SHOWN = 7
# When a token was used last need not be known more exactly, and each writing costs.
STAMPED_EVERY = dt.timedelta(minutes=1)


class Scope(models.TextChoices):
    """What the bearer of a token may do."""

    READ = "read", _("read lists and figures")
    PEOPLE = "people", _("read, and put people on lists and take them off")


class ApiToken(models.Model):
    """A token of one publication. It is shown once; what is kept is its hash.

    A hash without salt will do: the token has 256 bits of chance. ``hint`` is how it begins.
    """

    publication = models.ForeignKey(Publication, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(_("what it is for"), max_length=100)
    scope = models.CharField(_("what it may"), max_length=10, choices=Scope.choices)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField(max_length=12, editable=False)
    created_at = models.DateTimeField(_("made at"))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    used_at = models.DateTimeField(_("used last"), null=True, editable=False)
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, editable=False)

    class Meta:
        verbose_name = _("API token")
        ordering: ClassVar[list[Any]] = [models.F("withdrawn_at").asc(nulls_first=True), "-id"]

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"

    @classmethod
    def make(
        cls, publication: Publication, *, name: str, scope: Scope, user: User, now: dt.datetime
    ) -> tuple[ApiToken, str]:
        """Make a token; return its row, and the token itself, which nobody can show again."""
        token = PREFIX + secrets.token_urlsafe(OCTETS)
        row = cls.objects.create(
            publication=publication,
            name=name,
            scope=scope,
            digest=_digest(token),
            hint=token[:SHOWN],
            created_at=now,
            created_by=user,
        )
        return row, token

    @classmethod
    def find(cls, token: str, *, now: dt.datetime) -> ApiToken | None:
        """Return the row of a token that holds, and write down that it was used."""
        rows = cls.objects.select_related("publication")
        found = rows.filter(digest=_digest(token), withdrawn_at=None).first()
        if found is not None:
            stale = Q(used_at=None) | Q(used_at__lt=now - STAMPED_EVERY)
            cls.objects.filter(stale, pk=found.pk).update(used_at=now)
        return found


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
