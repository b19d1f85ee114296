"""Mail servers that mailings leave by, and how much each of them and each provider may get."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Any, ClassVar
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from mailer.errors import InvalidSetting, UnreadableSecret
from mailer.models.secrets import seal, unseal
from mailer.transport.smtp.config import SmtpConfig

PURPOSE = "transport"
# Slower than one message in about 17 minutes is no rate but a daily cap.
SLOWEST_PER_SECOND = Decimal("0.001")
AT_LEAST_ONE = MinValueValidator(1)
RATE = MinValueValidator(SLOWEST_PER_SECOND)

# Messages on each day of a new sending address, from the first. It begins with what a small
# list sends, and about doubles: a receiver that sees a stranger send more defers or blocks it.
WARM_UP = (
    200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 40_000, 70_000, 100_000,
    150_000, 250_000, 400_000, 600_000, 1_000_000, 2_000_000,
)  # fmt: skip


class Transport(models.Model):
    """One mail server: where it is, its share of the mail, its limits, and its health.

    ``url`` has no password in it: that one is ``sealed_password``. A transport of weight 0
    gets mail only when the others fail. Limits are for all workers together; None is no limit.
    ``warm_up_from`` is the first day of the growth table ``WARM_UP``. ``failures`` counts
    failures in a row; until ``retry_at`` the server is left alone.
    """

    name = models.CharField(
        _("name"),
        max_length=63,
        unique=True,
        validators=[RegexValidator(r"\A[\w.-]+\Z", _("Use letters, digits, dots and hyphens."))],
    )
    url = models.CharField(
        _("address"), max_length=500, help_text="smtp://user@mail.example.org:587?tls=required"
    )
    sealed_password = models.TextField(blank=True, editable=False)
    weight = models.PositiveSmallIntegerField(
        _("weight"), default=1, help_text=_("Its share of the mail; 0: only when others fail.")
    )
    enabled = models.BooleanField(_("enabled"), default=True)
    messages_per_second = models.DecimalField(
        _("messages a second"),
        max_digits=9,
        decimal_places=3,
        null=True,
        blank=True,
        validators=[RATE],
    )
    open_connections = models.PositiveSmallIntegerField(
        _("open connections"), null=True, blank=True, validators=[AT_LEAST_ONE]
    )
    messages_per_connection = models.PositiveIntegerField(
        _("messages a connection"), null=True, blank=True, validators=[AT_LEAST_ONE]
    )
    daily_cap = models.PositiveIntegerField(
        _("messages a day"),
        null=True,
        blank=True,
        validators=[AT_LEAST_ONE],
        help_text=_("Days are those of UTC."),
    )
    warm_up_from = models.DateField(
        _("warm up from"),
        null=True,
        blank=True,
        help_text=_("The first day of a new address: few messages at first, more each day."),
    )
    failures = models.PositiveIntegerField(default=0, editable=False)
    failing_since = models.DateTimeField(_("failing since"), null=True, editable=False)
    retry_at = models.DateTimeField(_("left alone until"), null=True, editable=False)
    problem = models.TextField(_("problem"), blank=True, editable=False)

    class Meta:
        ordering: ClassVar[list[str]] = ["name"]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store the row, and never a password that came within the address."""
        self.set_url(self.url)
        super().save(*args, **kwargs)

    def clean(self) -> None:
        """Refuse an address that is none, and a password in the clear."""
        if not self.url:
            return  # its field says so
        try:
            self.set_url(self.url)
            self.config()
        except (InvalidSetting, UnreadableSecret) as error:
            raise ValidationError({"url": describe(error)}) from error

    def set_url(self, url: str) -> None:
        """Take an address; a password in it is sealed and cut out, else the old one stays."""
        self.url, password = split_password(url)
        if password:
            self.set_password(password)

    def set_password(self, password: str) -> None:
        """Seal a password; an empty one forgets the old."""
        self.sealed_password = seal(password, purpose=PURPOSE) if password else ""

    def config(self) -> SmtpConfig:
        """Return the server as the transport connects to it.

        Raises InvalidSetting for a bad address, UnreadableSecret for a password of another key.
        """
        password = unseal(self.sealed_password, purpose=PURPOSE) if self.sealed_password else ""
        config = SmtpConfig.from_url(join_password(self.url, password))
        if self.messages_per_connection:
            config = replace(config, messages_per_connection=self.messages_per_connection)
        return config

    def cap_on(self, day: dt.date) -> int | None:
        """Return how many messages may leave on a day (UTC): the cap, or less in the warm-up."""
        return smallest([self.daily_cap, warm_up_cap(self.warm_up_from, day)])

    def forget_failures(self) -> None:
        """Take the server for healthy again, as when an administrator has mended it."""
        self.failures, self.problem = 0, ""
        self.failing_since = self.retry_at = None


class DomainLimit(models.Model):
    """How much one provider of mailboxes gets, by one transport or by all together.

    ``provider`` is a key of the provider table, such as ``gmail``, or a domain.
    """

    provider = models.CharField(
        _("provider or domain"), max_length=253, help_text=_("gmail, microsoft, example.org …")
    )
    transport = models.ForeignKey(
        Transport,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="domain_limits",
        verbose_name=_("transport"),
        help_text=_("Empty: all transports together."),
    )
    messages_per_second = models.DecimalField(
        _("messages a second"),
        max_digits=9,
        decimal_places=3,
        null=True,
        blank=True,
        validators=[RATE],
    )
    in_flight = models.PositiveSmallIntegerField(
        _("messages under way at once"), null=True, blank=True, validators=[AT_LEAST_ONE]
    )
    daily_cap = models.PositiveIntegerField(
        _("messages a day"), null=True, blank=True, validators=[AT_LEAST_ONE]
    )

    class Meta:
        ordering: ClassVar[list[str]] = ["provider"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["provider", "transport"], name="one_limit_each"),
            # Where the transport is empty, NULLs would all differ from one another.
            models.UniqueConstraint(
                fields=["provider"],
                condition=models.Q(transport=None),
                name="one_limit_for_all_transports",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider} by {self.transport or 'all transports'}"

    def clean(self) -> None:
        """Bring the name into the form in which domains are compared."""
        self.provider = self.provider.strip().lower().rpartition("@")[2]


def warm_up_cap(start: dt.date | None, day: dt.date) -> int | None:
    """Return the warm-up's cap on a day; None without a warm-up, or when it is over."""
    if start is None:
        return None
    age_days = max((day - start).days, 0)
    return WARM_UP[age_days] if age_days < len(WARM_UP) else None


def smallest(limits: Iterable[int | None]) -> int | None:
    """Return the strictest of some limits, of which None is no limit."""
    return min((limit for limit in limits if limit is not None), default=None)


def split_password(url: str) -> tuple[str, str]:
    """Return an address without its password, and the password."""
    try:
        parts = urlsplit(url.strip())
        password = parts.password
    except ValueError:
        # It may hold a password where none can be found: nothing of it is kept.
        raise InvalidSetting("The address can't be read: write smtp://user@host:587.") from None
    if password is None:
        return url.strip(), ""
    user, host = parts.netloc.rpartition("@")[::2]
    bare = parts._replace(netloc=f"{user.partition(':')[0]}@{host}")
    return urlunsplit(bare), unquote(password)


def join_password(url: str, password: str) -> str:
    """Return an address with a password put behind its user."""
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    if not password or not at:
        return url
    return urlunsplit(parts._replace(netloc=f"{user}:{quote(password, safe='')}@{host}"))


def describe(error: Exception) -> str:
    """Say what is wrong with an address, in words that fit a row instead of a setting."""
    return str(error).replace("MASTHEAD_SMTP_URL", "The address")
