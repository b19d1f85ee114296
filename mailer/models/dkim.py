"""The keys that sign our mail, one a domain and selector."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from typing import Any, ClassVar, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from mailer.message.dkim import Signer
from mailer.message.signing_keys import Algorithm, clean_name, make_key, read_key, write_record
from mailer.models.secrets import seal, unseal

PURPOSE = "dkim"


class DkimKeyQuerySet(models.QuerySet["DkimKey"]):
    """Choose keys."""

    def aligned(self, domain: str) -> list[DkimKey]:
        """Return the active keys that may sign for a sender's domain, one an algorithm.

        DMARC wants the signing domain to be the sender's own or one above it (RFC 9989); of
        several the nearest signs, and of that domain's keys the newest.
        """
        return self.aligned_each([domain])[domain]

    def aligned_each(self, domains: Collection[str]) -> dict[str, list[DkimKey]]:
        """Return the same for several domains, asked for at once."""
        above = {domain: _climb(domain) for domain in domains}
        named = sorted({name for names in above.values() for name in names})
        found = list(self.filter(active=True, domain__in=named).order_by("created_at", "id"))
        return {domain: _choose(found, names) for domain, names in above.items()}


def _climb(domain: str) -> list[str]:
    """Return a domain and those above it."""
    labels = domain.split(".")
    return [".".join(labels[start:]) for start in range(len(labels))]


def _choose(keys: Iterable[DkimKey], domains: Collection[str]) -> list[DkimKey]:
    """Return the best key of each algorithm, of keys from the oldest to the newest."""
    own = [key for key in keys if key.domain in domains]
    best = {key.algorithm: key for key in sorted(own, key=lambda key: len(key.domain))}
    return [best[algorithm] for algorithm in sorted(best, reverse=True)]


class DkimKey(models.Model):
    """A DKIM key; it signs while it is active, which it is not before its record is published.

    ``private_key`` is PEM, sealed under the secret key. ``domain`` and ``selector`` are in
    lower-case ASCII.
    """

    domain = models.CharField(_("domain"), max_length=253)
    selector = models.CharField(_("selector"), max_length=63)
    algorithm = models.CharField(_("algorithm"), max_length=10, choices=[(a, a) for a in Algorithm])
    private_key = models.TextField(editable=False)
    created_at = models.DateTimeField(_("created at"))
    active = models.BooleanField(_("signs"), default=False)

    objects = DkimKeyQuerySet.as_manager()

    class Meta:
        verbose_name = _("DKIM key")
        ordering: ClassVar[list[str]] = ["domain", "selector"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["domain", "selector"], name="one_key_a_selector"),
        ]

    def __str__(self) -> str:
        return self.host

    @classmethod
    def make(cls, domain: str, *, algorithm: Algorithm, now: dt.datetime, selector: str) -> Self:
        """Make a key and keep it, not yet active. Raises InvalidSigningKey for a bad name."""
        return cls.objects.create(
            domain=clean_name("domain", domain),
            selector=clean_name("selector", selector),
            algorithm=algorithm,
            private_key=seal(make_key(algorithm), purpose=PURPOSE),
            created_at=now,
        )

    @property
    def host(self) -> str:
        """Return the name of the DNS record (RFC 6376 §3.6.2.1)."""
        return f"{self.selector}._domainkey.{self.domain}"

    def signer(self) -> Signer:
        """Return what signs. Raises UnreadableSecret if the secret key has changed since."""
        key = read_key(unseal(self.private_key, purpose=PURPOSE))
        return Signer(domain=self.domain, selector=self.selector, key=key)

    def record(self) -> str:
        """Return the value of the DNS record. Raises UnreadableSecret as ``signer`` does."""
        return write_record(self.signer().key)
