"""People, the lists they joined, the evidence that they did, and who must not be written to."""

from __future__ import annotations

from typing import Any, ClassVar, NoReturn

from django.core.validators import EmailValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from subscribers.correspondence import AddressChange, Notice, NoticeKind, NoticeState, SignUp
from subscribers.entries import SearchEntry, SearchMark
from subscribers.imports import Import
from subscribers.querysets import (
    ConsentQuerySet,
    SubscriberQuerySet,
    SubscriptionQuerySet,
    SuppressionQuerySet,
)

__all__ = [
    "AddressChange",
    "ConsentAction",
    "ConsentRecord",
    "ConsentText",
    "CountedSignals",
    "Import",
    "LeavingReason",
    "List",
    "Notice",
    "NoticeKind",
    "NoticeState",
    "SearchEntry",
    "SearchMark",
    "Segment",
    "SignUp",
    "Subscriber",
    "Subscription",
    "SubscriptionState",
    "Suppression",
    "SuppressionReason",
]


class Subscriber(models.Model):
    """A person with one address; the same person twice is one row.

    ``email`` is the address as given, ``email_normalised`` the form that is compared:
    the whole in Unicode NFC and lower case, its domain in IDNA 2008 ASCII. Nothing is sent to
    them before the day ``paused_until`` (UTC).
    """

    email = models.CharField(_("email address"), max_length=320)
    email_normalised = models.CharField(max_length=320, editable=False)
    name = models.CharField(_("name"), max_length=200, blank=True)
    language = models.CharField(_("language"), max_length=35, blank=True)
    country = models.CharField(_("country"), max_length=2, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True)
    attributes = models.JSONField(_("attributes"), default=dict, blank=True)
    created_at = models.DateTimeField(_("known since"))
    paused_until = models.DateField(_("paused until"), null=True, blank=True)

    objects = SubscriberQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]
        constraints: ClassVar[list[Any]] = [
            # Not unique=True: on PostgreSQL that brings a second index, for LIKE, which nobody
            # asks and every import pays for.
            models.UniqueConstraint(fields=["email_normalised"], name="one_person_an_address"),
        ]
        permissions: ClassVar[list[Any]] = [
            ("export_subscriber", "Can export people"),
        ]

    def __str__(self) -> str:
        return self.email


class CountedSignals(models.TextChoices):
    """How much of its readers' doings a list lets be counted; the values are those of Signals."""

    OFF = "off", _("nothing")
    TOTALS = "totals", _("clicks, and no person")
    PEOPLE = "people", _("as the installation does")


class List(models.Model):
    """A list that people join: public or private, with single or double opt-in.

    ``signals`` is the most that mailings to it may count; the installation may count less.
    Its letters (confirmations, welcomes), and mailings to it alone, come from its own sender where
    it has one, and else from a publication that goes to it. ``welcome_text`` is plain paragraphs.
    """

    name = models.CharField(_("name"), max_length=200)
    slug = models.SlugField(_("short name"), max_length=63, unique=True)
    description = models.TextField(_("description"), blank=True)
    public = models.BooleanField(_("public"), default=True)
    double_opt_in = models.BooleanField(_("double opt-in"), default=True)
    signals = models.CharField(
        _("what is counted of openings and clicks"),
        max_length=8,
        choices=CountedSignals.choices,
        default=CountedSignals.PEOPLE,
    )
    welcome = models.BooleanField(
        _("welcome letter"), default=False, help_text=_("Sent once to everybody who joins.")
    )
    welcome_text = models.TextField(
        _("words of welcome"), blank=True, help_text=_("Paragraphs, parted by empty lines.")
    )
    sender_name = models.CharField(_("sender's name"), max_length=200, blank=True)
    sender_address = models.CharField(
        _("sender's address"), max_length=320, blank=True, validators=[EmailValidator()]
    )
    reply_to = models.CharField(
        _("replies go to"), max_length=320, blank=True, validators=[EmailValidator()]
    )

    class Meta:
        ordering: ClassVar[list[str]] = ["name"]

    def __str__(self) -> str:
        return self.name


class LeavingReason(models.TextChoices):
    """Why a reader left, in the words of the page that asks."""

    TOO_MANY = "too_many", _("too many messages")
    UNEXPECTED = "unexpected", _("not what they expected")
    NEVER_ASKED = "never_asked", _("never asked for it")
    OTHER = "other", _("another reason")


class SubscriptionState(models.TextChoices):
    """Where a subscription stands: only a confirmed one may be written to."""

    UNCONFIRMED = "unconfirmed", _("unconfirmed")
    CONFIRMED = "confirmed", _("confirmed")
    UNSUBSCRIBED = "unsubscribed", _("unsubscribed")


class Subscription(models.Model):
    """A person's place on a list, as the last consent record left it."""

    # Neither has an index of its own: those of the constraint and of the audience begin with them.
    subscriber = models.ForeignKey(
        Subscriber, on_delete=models.CASCADE, related_name="subscriptions", db_index=False
    )
    list = models.ForeignKey(
        List, on_delete=models.PROTECT, related_name="subscriptions", db_index=False
    )
    state = models.CharField(
        _("state"),
        max_length=12,
        choices=SubscriptionState.choices,
        default=SubscriptionState.UNCONFIRMED,
    )
    changed_at = models.DateTimeField(_("changed at"))
    left_because = models.CharField(
        _("left because"), max_length=12, choices=LeavingReason.choices, blank=True
    )

    objects = SubscriptionQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["subscriber", "list"], name="one_subscription_a_list"),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["list", "state", "subscriber"], name="subscription_audience"),
        ]

    def __str__(self) -> str:
        return f"{self.subscriber_id} on {self.list_id}: {self.state}"


class ConsentAction(models.TextChoices):
    """What a consent record says was done."""

    SUBSCRIBED = "subscribed", _("subscribed")
    CONFIRMATION_SENT = "confirmation_sent", _("confirmation sent")
    CONFIRMED = "confirmed", _("confirmed")
    IMPORTED = "imported", _("imported")
    UNSUBSCRIBED = "unsubscribed", _("unsubscribed")
    ADDRESS_CHANGED = "address_changed", _("address changed")
    ERASED = "erased", _("erased")


class ConsentRecord(models.Model):
    """One line of evidence (GDPR Art. 7(1)): added, never changed or deleted.

    It names the address and the list in its own words, so that it outlives both rows. The
    database holds to it too (``subscribers.guard``). ``form_version`` names a ConsentText, or
    the version of a language's words.
    """

    subscriber = models.ForeignKey(
        Subscriber, on_delete=models.SET_NULL, null=True, related_name="consent_records"
    )
    email = models.CharField(max_length=320)
    list_slug = models.CharField(max_length=63)
    action = models.CharField(max_length=20, choices=ConsentAction.choices)
    method = models.CharField(max_length=40)
    basis = models.CharField(max_length=200, blank=True)
    form_version = models.CharField(max_length=40, blank=True)
    ip_address = models.GenericIPAddressField(null=True, blank=True)
    at = models.DateTimeField()

    objects = ConsentQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]
        indexes: ClassVar[list[Any]] = [
            # Not of all: the others' evidence is found by the person, and an index of all
            # addresses was a sixth of what an import costs.
            models.Index(
                fields=["email"],
                condition=models.Q(subscriber=None)
                | models.Q(action=ConsentAction.ADDRESS_CHANGED),
                name="consent_of_gone_and_moved",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email} {self.action} {self.list_slug} at {self.at:%Y-%m-%d}"

    def save(self, *args: Any, **options: Any) -> None:
        """Add the record; refuse to change one that is kept."""
        if not self._state.adding:
            raise PermissionError("Evidence of consent is added, never changed.")
        super().save(*args, **options)

    def delete(self, *_: Any, **__: Any) -> NoReturn:
        """Refuse."""
        raise PermissionError("Evidence of consent is added, never deleted.")


class ConsentText(models.Model):
    """What somebody was shown when they subscribed, word for word, by the name of its version."""

    version = models.CharField(max_length=40, unique=True)
    language = models.CharField(max_length=35)
    text = models.TextField()
    first_shown_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]

    def __str__(self) -> str:
        return self.version


class Segment(models.Model):
    """A selection of people by a rule tree, kept as JSON (see ``subscribers.segments``)."""

    name = models.CharField(_("name"), max_length=200, unique=True)
    rule = models.JSONField(_("rule"))

    class Meta:
        ordering: ClassVar[list[str]] = ["name"]

    def __str__(self) -> str:
        return self.name


class SuppressionReason(models.TextChoices):
    """Why an address must not be written to."""

    HARD_BOUNCE = "hard_bounce", _("the address does not exist")
    SOFT_BOUNCES = "soft_bounces", _("too many temporary failures")
    COMPLAINT = "complaint", _("the reader complained")
    MANUAL = "manual", _("added by hand")
    ERASED = "erased", _("the reader asked to be forgotten")


class Suppression(models.Model):
    """An address that must not be written to: why, since when, from which event.

    ``email_normalised`` is an address, or ``@`` and a domain for all of it.
    ``origin`` names the event, such as ``delivery:17`` or ``import``. ``list`` is empty
    when the suppression holds for every list. Written by ``subscribers.suppression`` alone.
    """

    email_normalised = models.CharField(max_length=320)
    list = models.ForeignKey(List, on_delete=models.CASCADE, null=True, blank=True)
    reason = models.CharField(max_length=20, choices=SuppressionReason.choices)
    origin = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)

    objects = SuppressionQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["email_normalised"],
                condition=models.Q(list=None),
                name="one_global_suppression",
            ),
            # Of all: whoever asks for an address asks for every scope, and finds it by this.
            models.UniqueConstraint(
                fields=["email_normalised", "list"], name="one_suppression_a_list"
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            # A few of perhaps a million rows, which every slice and batch asks for.
            models.Index(
                fields=["email_normalised"],
                condition=models.Q(email_normalised__startswith="@"),
                name="suppression_of_domain",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email_normalised}: {self.reason}"
