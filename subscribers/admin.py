"""Django's admin for people and lists: searchable, and evidence that is read only."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from mailer.errors import InvalidRule
from subscribers.models import (
    ConsentRecord,
    List,
    Segment,
    Subscriber,
    Subscription,
    Suppression,
)
from subscribers.segments import validate_rule


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
class SubscriberAdmin(ReadOnlyAdmin):
    """People."""

    list_display = ("email", "name", "language", "country", "created_at")
    list_filter = ("language", "country")
    search_fields = ("email_normalised", "name")


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


@admin.register(ConsentRecord)
class ConsentRecordAdmin(ReadOnlyAdmin):
    """Evidence of consent."""

    list_display = ("email", "action", "list_slug", "method", "basis", "at")
    list_filter = ("action", "method")
    search_fields = ("email",)


class SegmentForm(forms.ModelForm[Segment]):
    """Check a segment's rule as it is written."""

    class Meta:
        model = Segment
        fields = ("name", "rule")

    def clean_rule(self) -> Any:
        """Return the rule, or say where in the tree it is wrong."""
        rule = self.cleaned_data["rule"]
        try:
            validate_rule(rule)
        except InvalidRule as error:
            raise forms.ValidationError(str(error)) from error
        return rule


@admin.register(Segment)
class SegmentAdmin(admin.ModelAdmin[Segment]):
    """Segments."""

    form = SegmentForm
    list_display = ("name",)
    search_fields = ("name",)


@admin.register(Suppression)
class SuppressionAdmin(ReadOnlyAdmin):
    """Addresses that must not be written to."""

    list_display = ("email_normalised", "list", "reason", "origin", "created_at", "expires_at")
    list_filter = ("reason",)
    list_select_related = ("list",)
    search_fields = ("email_normalised", "origin")
