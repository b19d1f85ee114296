"""One sending of an issue, cut into batches that workers claim."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any, ClassVar

from django.core import signing
from django.db import models
from django.db.models import F
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from mailer.errors import InvalidToken, InvalidTransition
from mailer.models.issue import Edition, Issue
from mailer.models.places import reading_path
from mailer.models.querysets import BatchQuerySet, FrozenEditionQuerySet, MailingQuerySet


class MailingState(models.TextChoices):
    """Where a mailing stands."""

    DRAFT = "draft", _("draft")
    SCHEDULED = "scheduled", _("scheduled")
    PLANNING = "planning", _("being planned")
    SENDING = "sending", _("being sent")
    PAUSED = "paused", _("paused")
    HELD = "held", _("held: it asks")
    SENT = "sent", _("sent")
    CANCELLED = "cancelled", _("cancelled")


TRANSITIONS: dict[MailingState, tuple[MailingState, ...]] = {
    MailingState.DRAFT: (MailingState.SCHEDULED, MailingState.CANCELLED),
    MailingState.SCHEDULED: (
        MailingState.DRAFT,
        MailingState.PLANNING,
        MailingState.HELD,
        MailingState.CANCELLED,
    ),
    MailingState.PLANNING: (
        MailingState.DRAFT,
        MailingState.SENDING,
        MailingState.PAUSED,
        MailingState.HELD,
        MailingState.CANCELLED,
    ),
    MailingState.SENDING: (
        MailingState.PAUSED,
        MailingState.HELD,
        MailingState.SENT,
        MailingState.CANCELLED,
    ),
    MailingState.PAUSED: (MailingState.PLANNING, MailingState.SENDING, MailingState.CANCELLED),
    MailingState.HELD: (
        MailingState.DRAFT,
        MailingState.SCHEDULED,
        MailingState.PLANNING,
        MailingState.SENDING,
        MailingState.CANCELLED,
    ),
    MailingState.SENT: (),
    MailingState.CANCELLED: (),
}

# States that a mailing comes back from; it remembers what it was doing.
STOPPED_STATES = (MailingState.PAUSED, MailingState.HELD)


class Timing(models.TextChoices):
    """Whose clock a mailing's time is read on."""

    FIXED = "fixed", _("at one moment, everywhere")
    LOCAL = "local", _("at this time on each reader's own clock")


class PastZones(models.TextChoices):
    """What becomes of readers on whose clocks the time was past when it was scheduled."""

    OWN = "own", _("together with the mailing's own zone")
    AT_ONCE = "at_once", _("at once")


class Following(models.TextChoices):
    """Which of another mailing's readers a mailing is to."""

    NONE = "", _("its own audience")
    FAILED = "failed", _("those whom it did not reach")
    ACCEPTED = "accepted", _("those who got it: a correction")


READING_SALT = "masthead: reading a frozen edition"


class Mailing(models.Model):
    """One sending of an issue to an audience: lists, less what a segment leaves out.

    Who is on one of ``without_lists``, or in ``without_segment``, gets nothing, though they are
    in the audience otherwise.
    ``scheduled_at`` is an instant; ``time_zone`` the IANA zone in which the editor named it.
    ``timing`` says whether that is one moment for all, or the same time on each reader's
    clock; ``starts_at`` is when planning begins, never before the mailing was scheduled.
    ``stopped_from`` is the state that a paused or held mailing goes back to. Temporary
    refusals are given up so long after ``deadline_from``, or after ``started_at`` without it.
    ``cursor`` is the last subscriber that planning has written to the ledger.
    ``resend_uncertain`` says what becomes of a message whose reply was never seen: sent
    again with the same Message-ID, or held. ``problem`` says why planning gave up, why the
    mailing paused itself, or what a held one asks; what went wrong before ``resumed_at``
    counts no more. One that ``follows`` another has its audience among that one's readers.
    """

    issue = models.ForeignKey(Issue, on_delete=models.PROTECT, related_name="mailings")
    lists = models.ManyToManyField("subscribers.List", verbose_name=_("lists"))
    segment = models.ForeignKey(
        "subscribers.Segment",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        verbose_name=_("segment"),
    )
    without_lists = models.ManyToManyField(
        "subscribers.List",
        related_name="excluded_from",
        blank=True,
        verbose_name=_("not to readers of the lists"),
    )
    without_segment = models.ForeignKey(
        "subscribers.Segment",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="excluded_from",
        verbose_name=_("not to those in the segment"),
    )
    state = models.CharField(
        _("state"), max_length=10, choices=MailingState.choices, default=MailingState.DRAFT
    )
    scheduled_at = models.DateTimeField(_("scheduled at"), null=True, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC")
    timing = models.CharField(
        _("timing"), max_length=10, choices=Timing.choices, default=Timing.FIXED
    )
    past_zones = models.CharField(
        _("readers for whom it is past"),
        max_length=10,
        choices=PastZones.choices,
        default=PastZones.OWN,
    )
    starts_at = models.DateTimeField(null=True, editable=False)
    stopped_from = models.CharField(max_length=10, blank=True, editable=False)
    deadline_from = models.DateTimeField(null=True, editable=False)
    resend_uncertain = models.BooleanField(_("send uncertain messages again"), default=True)
    problem = models.TextField(_("problem"), blank=True, editable=False)
    follows = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, editable=False, related_name="followers"
    )
    following = models.CharField(
        max_length=8, choices=Following.choices, blank=True, default="", editable=False
    )
    cursor = models.BigIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(_("created at"))
    started_at = models.DateTimeField(_("started at"), null=True, editable=False)
    resumed_at = models.DateTimeField(_("resumed at"), null=True, editable=False)
    finished_at = models.DateTimeField(_("finished at"), null=True, editable=False)

    objects = MailingQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]

    def __str__(self) -> str:
        return f"{self.issue}: mailing {self.pk}"

    def move(
        self,
        target: MailingState,
        *,
        only_from: Collection[MailingState] | None = None,
        **changes: Any,
    ) -> None:
        """Move to ``target`` if nobody moved it meanwhile, setting ``changes`` with it.

        Raises InvalidTransition if its present state does not lead there, or is not one of
        ``only_from``: a second click, a second scheduler or a late worker finds the state
        changed, and stops.
        """
        sources = [state for state, targets in TRANSITIONS.items() if target in targets]
        if only_from is not None:
            sources = [state for state in sources if state in only_from]
        if target in STOPPED_STATES:
            changes["stopped_from"] = F("state")
        moved = Mailing.objects.filter(pk=self.pk, state__in=sources).update(
            state=target, **changes
        )
        self.refresh_from_db()
        if not moved:
            raise InvalidTransition(
                f"Mailing {self.pk} is {self.get_state_display()}: it can't become {target.label}."
            )


class FrozenEdition(models.Model):
    """An edition as it was when its mailing started: rendered and compiled once.

    ``variant`` holds the numbers of the segments for whose people it is, sorted, with commas
    between: nobody's, which the archive shows, is empty. ``compiled`` is what
    ``mailer.message.storage`` writes; every worker loads the same bytes. Its links are counted
    as ``signals`` says, one of Signals, and then differ from those of ``html``. ``source``,
    ``pictures`` and ``contents``, the anchor and title of each article, are what the archive's
    pages are made of, and are kept of nobody's variant alone. They are empty in what was frozen
    before they were kept.
    """

    mailing = models.ForeignKey(Mailing, on_delete=models.CASCADE, related_name="frozen_editions")
    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, related_name="frozen")
    language = models.CharField(max_length=35)
    variant = models.CharField(max_length=80, blank=True, default="")
    content_hash = models.CharField(max_length=64)
    html = models.TextField()
    text = models.TextField()
    compiled = models.BinaryField()
    signals = models.CharField(max_length=8, default="off", db_default="off")
    source = models.TextField(default="", db_default="")
    pictures = models.JSONField(default=dict)
    subject = models.CharField(max_length=250, default="", db_default="")
    preheader = models.CharField(max_length=250, default="", db_default="")
    contents = models.JSONField(default=list)

    objects = FrozenEditionQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["mailing", "language", "variant"], name="one_frozen_a_variant"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.mailing} in {self.language}"

    def get_absolute_url(self) -> str:
        """Return where this mailing's readers find it on the web.

        An issue that went to public lists alone has its permanent address in the archive;
        any other one an address that can't be guessed.
        """
        if self.mailing.lists.filter(public=False).exists():
            token = signing.Signer(salt=READING_SALT).sign(str(self.pk))
            return reading_path(token)
        return self.edition.get_absolute_url()

    @property
    def segment_ids(self) -> frozenset[int]:
        """Return the segments whose people this is for."""
        return frozenset(int(number) for number in self.variant.split(",") if number)


class Link(models.Model):
    """A link of a frozen edition by its number, from 1: the only place that a click can lead to.

    ``article`` is the title of the article in which it stands, ``anchor`` what tells that from
    others of the same title; it is empty in what was frozen before it was kept. ``clicks`` and
    ``machine_clicks`` are counted where no person is; of people, see Signal.
    """

    frozen_edition = models.ForeignKey(
        FrozenEdition, on_delete=models.CASCADE, related_name="links", db_index=False
    )
    number = models.PositiveSmallIntegerField()
    url = models.TextField()
    article = models.CharField(max_length=200, blank=True)
    anchor = models.CharField(max_length=80, blank=True, default="", db_default="")
    clicks = models.PositiveBigIntegerField(default=0)
    machine_clicks = models.PositiveBigIntegerField(default=0)

    class Meta:
        ordering: ClassVar[list[str]] = ["frozen_edition", "number"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["frozen_edition", "number"], name="one_link_a_number"),
        ]

    def __str__(self) -> str:
        return self.url


def read_reading(token: str) -> int:
    """Return the id of the frozen edition that a signed address names, or raise InvalidToken."""
    try:
        return int(signing.Signer(salt=READING_SALT).unsign(token))
    except (signing.BadSignature, ValueError) as error:
        raise InvalidToken("This address is not complete, or was never ours.") from error


class BatchState(models.TextChoices):
    """Where a batch stands. One that waits is opened by the scheduler when its time has come."""

    WAITING = "waiting", _("waiting for its time")
    READY = "ready", _("ready")
    CLAIMED = "claimed", _("claimed")
    DONE = "done", _("done")


class Batch(models.Model):
    """The unit that one worker claims: deliveries of one mailing, in order.

    ``fence`` grows by one with each claim; what is written under an older one is refused.
    ``not_before`` keeps a batch back until its next deferred delivery is due. ``due_at`` is
    the moment for which its wave was planned, if it was; ``time_zone`` the readers' zone,
    empty for the mailing's own.
    """

    mailing = models.ForeignKey(Mailing, on_delete=models.CASCADE, related_name="batches")
    state = models.CharField(max_length=10, choices=BatchState.choices, default=BatchState.READY)
    fence = models.PositiveIntegerField(default=0)
    claimed_by = models.CharField(max_length=200, blank=True)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    not_before = models.DateTimeField(db_default=Now())
    due_at = models.DateTimeField(null=True, blank=True)
    time_zone = models.CharField(max_length=64, blank=True)

    objects = BatchQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "batches"
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["state", "not_before"], name="batch_to_claim"),
        ]

    def __str__(self) -> str:
        return f"batch {self.pk} of mailing {self.mailing_id}: {self.state}"

    def lease_ends(self, *, now: dt.datetime) -> float:
        """Return the seconds that are left of the lease at ``now``."""
        return (self.lease_expires_at - now).total_seconds() if self.lease_expires_at else 0.0
