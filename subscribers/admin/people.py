"""People, each with lists, evidence, letters and segments."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest, HttpResponseBase
from django.urls import path

from subscribers.admin.rows import show_rows
from subscribers.flags import flag
from subscribers.models import ConsentRecord, Subscriber
from subscribers.web import exports, rules
from subscribers.web.details import SubscriberForm

EVIDENCE = ("at", "action", "list_slug", "email", "method", "basis", "form_version", "ip_address")


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
