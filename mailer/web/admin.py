"""Django's admin for issues and mailings: tidy lists, and ledgers that are read only."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string

from mailer.models import (
    Acceptance,
    ApiToken,
    AuditEntry,
    Batch,
    Comment,
    Delivery,
    DkimKey,
    Draft,
    Edition,
    Feedback,
    Figure,
    FrozenEdition,
    InboundMessage,
    Issue,
    Link,
    LinkRound,
    Mailing,
    Membership,
    ProviderEvent,
    Publication,
    Pulse,
    Revision,
    Signal,
    SignOff,
    Trial,
)
from mailer.results.reading import summarise_reading, tell_apart
from mailer.web.steering import SteeringMixin


class LedgerAdmin(admin.ModelAdmin[Any]):
    """Show rows that only the pipeline writes."""

    # Counting ten million rows for "of N" costs more than the page.
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: rows are written by the pipeline."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse: what happened is not edited."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse: what happened is not deleted."""
        return False


@admin.register(Publication)
class PublicationAdmin(admin.ModelAdmin[Publication]):
    """Publications: who sends, to which lists."""

    list_display = ("name", "sender_name", "sender_address", "theme")
    list_filter = ("theme",)
    search_fields = ("name", "sender_address")
    prepopulated_fields: ClassVar[dict[str, Any]] = {"slug": ("name",)}
    filter_horizontal = ("lists",)
    # They are set at the desk, which writes down who did.
    exclude = ("chain", "signers_in_colophon")


class EditionInline(admin.TabularInline[Edition, Issue]):
    """An issue's editions, which come from issue files."""

    model = Edition
    fields = ("language", "subject", "content_hash", "changed_at")
    readonly_fields = fields
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Issue | None = None) -> bool:
        """Refuse: an edition is loaded from its file, where it is checked as a whole."""
        return False


@admin.register(Issue)
class IssueAdmin(admin.ModelAdmin[Issue]):
    """Issues with their editions."""

    list_display = ("__str__", "published")
    list_filter = ("publication",)
    list_select_related = ("publication",)
    search_fields = ("number", "published", "publication__name", "editions__subject")
    inlines = (EditionInline,)


@admin.register(Edition)
class EditionAdmin(LedgerAdmin):
    """Editions, as their files had them."""

    list_display = ("subject", "issue", "language", "changed_at")
    list_filter = ("language", "issue__publication")
    list_select_related = ("issue__publication",)
    search_fields = ("subject",)


@admin.register(Draft)
class DraftAdmin(LedgerAdmin):
    """Editions as they are being written."""

    list_display = ("__str__", "revision", "kept_revision", "changed_at")
    list_filter = ("language", "issue__publication")
    list_select_related = ("issue__publication",)
    search_fields = ("issue__number", "issue__publication__name")


@admin.register(Revision)
class RevisionAdmin(LedgerAdmin):
    """How drafts came to be what they are."""

    list_display = ("__str__", "act", "author", "at", "aside")
    list_filter = ("aside", "draft__issue__publication")
    list_select_related = ("draft__issue__publication",)
    search_fields = ("act", "author")
    raw_id_fields = ("draft", "user")


@admin.register(Mailing)
class MailingAdmin(SteeringMixin, LedgerAdmin):
    """Mailings and where they stand; they are scheduled by command until the desk is there."""

    list_display = ("__str__", "state", "problem", "scheduled_at", "started_at", "finished_at")
    list_filter = ("state", "issue__publication")
    list_select_related = ("issue__publication",)
    date_hierarchy = "created_at"
    search_fields = ("issue__number", "issue__publication__name")
    readonly_fields = ("reading",)

    @admin.display(description="openings and clicks")
    def reading(self, mailing: Mailing) -> str:
        """Return what readers did, per article and per link."""
        reading = summarise_reading(mailing)
        articles = list(tell_apart(reading.articles))
        return render_to_string("web/reading.html", {"reading": reading, "articles": articles})


@admin.register(Batch)
class BatchAdmin(LedgerAdmin):
    """Batches: who holds them and until when."""

    list_display = ("id", "mailing", "state", "fence", "claimed_by", "lease_expires_at")
    list_filter = ("state",)
    list_select_related = ("mailing__issue__publication",)
    search_fields = ("claimed_by",)


@admin.register(Delivery)
class DeliveryAdmin(LedgerAdmin):
    """The ledger: what became of each recipient."""

    list_display = (
        "email",
        "mailing",
        "state",
        "skip_reason",
        "attempts",
        "reply_code",
        "decided_at",
        "bounced_at",
        "complained_at",
        "unsubscribed_at",
    )
    list_filter = ("state", "skip_reason", "reply_stage", "mailing")
    list_select_related = ("mailing__issue__publication",)
    search_fields = ("email", "reply_text")
    exclude = ("batch", "frozen_edition")


@admin.register(InboundMessage)
class InboundMessageAdmin(LedgerAdmin):
    """Mail that came to the bounce addresses."""

    list_display = ("recipient", "sender", "received_at", "handled_at", "problem")
    list_filter = ("handled_at",)
    search_fields = ("recipient", "sender")
    exclude = ("raw",)


@admin.register(ProviderEvent)
class ProviderEventAdmin(LedgerAdmin):
    """What mail services told."""

    list_display = ("provider", "received_at", "happened_at", "handled_at", "problem")
    list_filter = ("provider", "handled_at")
    search_fields = ("problem",)


@admin.register(Feedback)
class FeedbackAdmin(LedgerAdmin):
    """What reports said."""

    list_display = ("recipient", "kind", "reason", "status", "permanent", "at")
    list_filter = ("kind", "reason", "permanent")
    search_fields = ("recipient", "diagnostic")
    raw_id_fields = ("delivery", "inbound_message", "provider_event")


@admin.register(FrozenEdition)
class FrozenEditionAdmin(LedgerAdmin):
    """Editions as they were frozen: of which text, in which language, for whom."""

    list_display = ("__str__", "language", "variant", "content_hash")
    list_filter = ("language", "mailing")
    list_select_related = ("mailing__issue__publication",)
    search_fields = ("content_hash", "edition__subject")
    # A page of them would take megabytes to say nothing that a reader can read.
    exclude = ("html", "text", "compiled")

    def get_queryset(self, request: HttpRequest) -> QuerySet[FrozenEdition]:
        """Leave the messages themselves in the database."""
        return super().get_queryset(request).defer(*self.exclude)


@admin.register(Link)
class LinkAdmin(LedgerAdmin):
    """The links of frozen editions, as they are counted."""

    list_display = ("url", "article", "number", "frozen_edition", "clicks", "machine_clicks")
    list_filter = ("frozen_edition__language",)
    list_select_related = ("frozen_edition__mailing__issue__publication",)
    search_fields = ("url", "article")
    raw_id_fields = ("frozen_edition",)


@admin.register(Signal)
class SignalAdmin(LedgerAdmin):
    """Openings and clicks, where they are counted."""

    list_display = ("delivery", "number", "by_machine", "times", "first_at", "last_at")
    list_filter = ("by_machine",)
    list_select_related = ("delivery",)
    search_fields = ("delivery__email_normalised",)
    raw_id_fields = ("delivery",)


@admin.register(Figure)
class FigureAdmin(LedgerAdmin):
    """What took long to count."""

    list_display = ("kind", "about", "counted_at", "took_ms", "due_at")
    list_filter = ("kind",)


@admin.register(Pulse)
class PulseAdmin(LedgerAdmin):
    """When the system was last at work."""

    list_display = ("__str__",)
    fields = ("beaten_at",)


@admin.register(DkimKey)
class DkimKeyAdmin(LedgerAdmin):
    """Keys that sign, by their names: the key itself is shown to nobody, sealed or not."""

    list_display = ("host", "algorithm", "active", "created_at")
    list_filter = ("active", "algorithm")
    search_fields = ("domain", "selector")
    fields = ("domain", "selector", "algorithm", "active", "created_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[DkimKey]:
        """Leave the key in the database."""
        return super().get_queryset(request).defer("private_key")


@admin.register(Membership)
class MembershipAdmin(admin.ModelAdmin[Membership]):
    """Who works on what, as what."""

    list_display = ("user", "publication", "role")
    list_filter = ("publication", "role")
    list_select_related = ("user", "publication")
    search_fields = ("user__username", "user__email")
    autocomplete_fields = ("user",)


@admin.register(AuditEntry)
class AuditEntryAdmin(LedgerAdmin):
    """What was done at the desk."""

    list_display = ("at", "actor", "act", "subject", "publication")
    list_filter = ("publication",)
    list_select_related = ("publication",)
    search_fields = ("actor", "act", "subject")


@admin.register(LinkRound)
class LinkRoundAdmin(LedgerAdmin):
    """How the links of editions answered."""

    list_display = ("edition", "began_at", "finished_at")
    list_filter = ("edition__issue__publication",)
    list_select_related = ("edition__issue__publication",)
    search_fields = ("edition__subject",)


@admin.register(Acceptance)
class AcceptanceAdmin(LedgerAdmin):
    """Names under warnings."""

    list_display = ("at", "name", "what", "edition")
    list_filter = ("edition__issue__publication",)
    list_select_related = ("edition__issue__publication",)
    search_fields = ("name", "what")


@admin.register(SignOff)
class SignOffAdmin(LedgerAdmin):
    """Who has signed which text."""

    list_display = ("at", "name", "role", "edition", "withdrawn_at")
    list_filter = ("role", "edition__issue__publication")
    list_select_related = ("edition__issue__publication",)
    search_fields = ("name",)
    exclude = ("source",)


@admin.register(Comment)
class CommentAdmin(LedgerAdmin):
    """What was said about blocks."""

    list_display = ("at", "name", "edition", "resolved_at")
    list_filter = ("edition__issue__publication",)
    list_select_related = ("edition__issue__publication",)
    search_fields = ("name", "text")


@admin.register(ApiToken)
class ApiTokenAdmin(LedgerAdmin):
    """Tokens of publications; the desk makes and withdraws them."""

    list_display = ("name", "publication", "scope", "hint", "created_at", "used_at", "withdrawn_at")
    list_filter = ("scope", "publication")
    list_select_related = ("publication",)
    search_fields = ("name",)
    exclude = ("digest",)


@admin.register(Trial)
class TrialAdmin(LedgerAdmin):
    """Test messages."""

    list_display = ("created_at", "email", "edition", "state", "reply")
    list_filter = ("state", "edition__issue__publication")
    list_select_related = ("edition__issue__publication",)
    search_fields = ("email",)
    exclude = ("reader",)
