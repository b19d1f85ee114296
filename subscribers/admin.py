"""Django's admin for people and lists: searchable, and evidence that is read only."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.urls import path
from django.utils import timezone
from django.utils.html import format_html, format_html_join

from mailer.errors import InvalidAddress, InvalidRule
from subscribers import suppression
from subscribers.flags import flag
from subscribers.imports import Import
from subscribers.models import (
    ConsentRecord,
    ConsentText,
    List,
    Segment,
    Subscriber,
    Subscription,
    Suppression,
    SuppressionReason,
)
from subscribers.segments import count, validate_rule
from subscribers.tasks import wake_indexer
from subscribers.web import exports, imports, rules
from subscribers.web.details import RuleField, SubscriberForm

EVIDENCE = ("at", "action", "list_slug", "email", "method", "basis", "form_version", "ip_address")
MOST_ROWS = 500  # on one page; the download has them all


def show_rows(rows: QuerySet[Any], *fields: str) -> str:
    """Return rows as a table of texts: nothing in them is markup."""
    head = format_html_join("", "<th>{}</th>", ((name.replace("_", " "),) for name in fields))
    lines = (
        (format_html_join("", "<td>{}</td>", ((_show(value),) for value in row)),)
        for row in rows.values_list(*fields)[:MOST_ROWS]
    )
    return format_html(
        "<table><tr>{}</tr>{}</table>", head, format_html_join("", "<tr>{}</tr>", lines)
    )


def _show(value: Any) -> str:
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    return "" if value is None else str(value)


class ReadOnlyAdmin(admin.ModelAdmin[Any]):
    """Show rows that verbs write: joining, leaving, suppressing."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: the verbs write these rows, and leave evidence."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse: what happened is not edited."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse: evidence is not deleted."""
        return False


@admin.register(Subscriber)
class SubscriberAdmin(admin.ModelAdmin[Subscriber]):
    """People: their details can be mended, their address is theirs."""

    form = SubscriberForm
    list_display = ("email", "name", "language", "country", "created_at")
    list_filter = ("language", "country")
    search_fields = ("email_normalised", "name")
    readonly_fields = (
        *("email", "email_normalised", "flags", "created_at", "paused_until"),
        *("places", "evidence", "letters", "segments"),
    )
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: people come with evidence, by an import or on their own."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse: a suppression is what keeps a person from being written to."""
        return False

    @admin.display(description="marks")
    def flags(self, person: Subscriber) -> str:
        """Return the marks of the address: a role's, or of a disposable mailbox."""
        return ", ".join(flag(person.email_normalised)) or "-"

    @admin.display(description="lists")
    def places(self, person: Subscriber) -> str:
        """Return where the person stands on each list."""
        rows = person.subscriptions.order_by("list__name")
        return show_rows(rows, "list__name", "state", "changed_at", "left_because")

    @admin.display(description="evidence of consent")
    def evidence(self, person: Subscriber) -> str:
        """Return every line of evidence, the oldest first."""
        rows = ConsentRecord.objects.of_person(person, person.email_normalised)
        return show_rows(rows.order_by("id"), *EVIDENCE)

    @admin.display(description="letters")
    def letters(self, person: Subscriber) -> str:
        """Return the letters that the person got."""
        rows = person.notices.order_by("id")
        return show_rows(rows, "kind", "email", "state", "created_at", "sent_at", "reply")

    @admin.display(description="segments")
    def segments(self, person: Subscriber) -> str:
        """Return of each segment whether the person is in it, and why."""
        return rules.show_membership(person)

    def get_urls(self) -> list[Any]:
        """Add the page of exports."""
        page = self.admin_site.admin_view(self.export)
        return [path("export/", page, name="subscribers_subscriber_export"), *super().get_urls()]

    def export(self, request: HttpRequest) -> HttpResponseBase:
        """Export people."""
        return exports.export(request, self.admin_site.each_context(request))

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Offer the export to those who may."""
        may_export = request.user.has_perm("subscribers.export_subscriber")
        return super().changelist_view(request, {**(extra_context or {}), "may_export": may_export})


@admin.register(Import)
class ImportAdmin(admin.ModelAdmin[Import]):
    """Imports: a user's own, or all for a superuser. Their pages are those of ``web.imports``."""

    list_display = ("file_name", "list", "state", "cursor", "total", "owner", "created_at")
    list_filter = ("state",)
    list_select_related = ("list", "owner")
    search_fields = ("file_name", "basis")
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Import]:
        """Return the imports that the user may see."""
        return Import.objects.of(request.user)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse: an import is discarded on its page, with its file."""
        return False

    def get_urls(self) -> list[Any]:
        """Add the file of refused rows."""
        page = self.admin_site.admin_view(self.refused_view)
        own = path("<str:object_id>/refused/", page, name="subscribers_import_refused")
        return [own, *super().get_urls()]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> Any:
        """Take a file."""
        return imports.upload(request, self._open(request))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: Any = None,
    ) -> Any:
        """Show an import, and do with it what is asked."""
        return imports.show(request, self._open(request), object_id)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        """Show the import itself: it is its own history."""
        return imports.show(request, self._open(request), object_id)

    def refused_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Send the refused rows."""
        return imports.download_refused(request, self._open(request), object_id)

    def _open(self, request: HttpRequest) -> imports.Desk:
        context = self.admin_site.each_context(request)
        return imports.Desk(user=request.user, context=context)  # type: ignore[arg-type]  # staff


@admin.register(List)
class ListAdmin(admin.ModelAdmin[List]):
    """Lists."""

    list_display = ("name", "slug", "public", "double_opt_in")
    list_filter = ("public", "double_opt_in")
    search_fields = ("name", "slug")
    prepopulated_fields: ClassVar[dict[str, Any]] = {"slug": ("name",)}


@admin.register(Subscription)
class SubscriptionAdmin(ReadOnlyAdmin):
    """Who is on which list."""

    list_display = ("subscriber", "list", "state", "changed_at")
    list_filter = ("state", "list")
    list_select_related = ("subscriber", "list")
    search_fields = ("subscriber__email_normalised",)


@admin.register(ConsentText)
class ConsentTextAdmin(ReadOnlyAdmin):
    """What people were shown when they agreed, word for word."""

    list_display = ("version", "language", "first_shown_at")
    list_filter = ("language",)
    search_fields = ("version", "text")


@admin.register(ConsentRecord)
class ConsentRecordAdmin(ReadOnlyAdmin):
    """Evidence of consent."""

    list_display = ("email", "action", "list_slug", "method", "basis", "at")
    list_filter = ("action", "method", "list_slug")
    search_fields = ("email", "basis")
    date_hierarchy = "at"


class SegmentForm(forms.ModelForm[Segment]):
    """Check a segment's rule as it is written."""

    rule = RuleField(
        help_text='Such as {"field": "country", "operator": "in", "value": ["NO", "SE"]};'
        " docs/segments.md has every field and operator."
    )

    class Meta:
        model = Segment
        fields = ("name", "rule")

    def clean(self) -> dict[str, Any]:
        """Refuse a rule that leads back to its own segment."""
        found: dict[str, Any] = super().clean() or {}
        if "rule" in found and "name" in found:
            try:
                validate_rule(found["rule"], name=found["name"])
            except InvalidRule as error:
                self.add_error("rule", str(error))
        return found


@admin.register(Segment)
class SegmentAdmin(admin.ModelAdmin[Segment]):
    """Segments, each with how many people are in it now."""

    form = SegmentForm
    list_display = ("name",)
    search_fields = ("name",)
    readonly_fields = ("people",)

    @admin.display(description="people now")
    def people(self, segment: Segment) -> str:
        """Return how many people the rule selects."""
        if segment.pk is None:
            return "-"
        try:
            return f"{count(segment):,}"
        except InvalidRule as error:  # what it names may be gone by now
            return str(error)

    def get_urls(self) -> list[Any]:
        """Add the live count and the schema, for who writes a rule."""
        view = self.admin_site.admin_view
        return [
            path("count/", view(self.count_view), name="subscribers_segment_count"),
            path("schema/", view(self.schema_view), name="subscribers_segment_schema"),
            *super().get_urls(),
        ]

    def count_view(self, request: HttpRequest) -> HttpResponseBase:
        """Count whom the rule in the body selects, without keeping it."""
        return rules.count_people(request)

    def schema_view(self, request: HttpRequest) -> HttpResponseBase:
        """Show the form of a rule."""
        return rules.show_schema(request)

    def save_model(self, request: HttpRequest, obj: Segment, form: Any, change: bool) -> None:
        """Keep the rule, and let the attributes that it asks for be found fast."""
        super().save_model(request, obj, form, change)
        transaction.on_commit(wake_indexer)


class SuppressionForm(forms.ModelForm[Suppression]):
    """Take an address that must not be written to, as somebody would write it."""

    # Not the model's own field: an address that is suppressed already is let in, since
    # ``suppress`` knows what then holds.
    email = forms.CharField(label="Email address", help_text="Or @ and a domain, for all of it.")

    class Meta:
        model = Suppression
        fields = ("list", "expires_at")

    def clean_email(self) -> str:
        """Return the address in the form that is compared."""
        try:
            return suppression.read_scope(self.cleaned_data["email"])
        except InvalidAddress as error:
            raise forms.ValidationError(str(error)) from error


@admin.register(Suppression)
class SuppressionAdmin(admin.ModelAdmin[Suppression]):
    """Addresses that must not be written to: added and lifted by the verbs, never edited."""

    form = SuppressionForm
    list_display = ("email_normalised", "list", "reason", "origin", "created_at", "expires_at")
    list_filter = ("reason", "list")
    list_select_related = ("list",)
    search_fields = ("email_normalised", "origin")
    date_hierarchy = "created_at"
    show_full_result_count = False

    def get_fields(self, request: HttpRequest, obj: Suppression | None = None) -> Any:
        """Return what is asked for a new one, and all that is known of one that is kept."""
        return ["email", "list", "expires_at"] if obj is None else list(self.list_display)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse: what happened is not edited."""
        return False

    def save_model(self, request: HttpRequest, obj: Suppression, form: Any, change: bool) -> None:
        """Suppress by the one writer, naming who did."""
        kept = suppression.suppress(
            form.cleaned_data["email"],
            reason=SuppressionReason.MANUAL,
            origin=f"admin:{request.user.pk}",
            now=timezone.now(),
            list_id=obj.list_id,
            expires_at=obj.expires_at,
        )
        obj.pk, obj.email_normalised = kept.pk, kept.email_normalised

    def delete_model(self, request: HttpRequest, obj: Suppression) -> None:
        """Lift a suppression."""
        suppression.lift(obj.email_normalised, list_id=obj.list_id)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Suppression]) -> None:
        """Lift several."""
        for row in queryset:
            self.delete_model(request, row)
