"""Segments, and the rules that choose their people."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.urls import path

from mailer.errors import InvalidRule
from subscribers.models import Segment
from subscribers.segments import count, find_fields, validate_rule
from subscribers.tasks import wake_indexer
from subscribers.web import rules
from subscribers.web.details import RuleField


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


class AskedFilter(admin.SimpleListFilter):
    """Choose segments by what they ask for: whose rules a new field or attribute concerns."""

    title = "what is asked for"
    parameter_name = "asks_for"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        """Return the fields that any segment asks for."""
        rules_there = Segment.objects.order_by("id").values_list("rule", flat=True)
        names = sorted({name for rule in rules_there for name in find_fields(rule)})
        return [(name, name) for name in names]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Segment]) -> QuerySet[Segment]:
        """Return the segments that ask for the chosen field."""
        wanted = self.value()
        if wanted is None:
            return queryset
        # A rule is a tree, in which no two databases search alike; of segments there are few.
        rows = Segment.objects.values_list("pk", "rule")
        return queryset.filter(pk__in=[pk for pk, rule in rows if wanted in find_fields(rule)])


@admin.register(Segment)
class SegmentAdmin(admin.ModelAdmin[Segment]):
    """Segments, each with how many people are in it now."""

    form = SegmentForm
    list_display = ("name", "asks_for")
    list_filter = (AskedFilter,)
    search_fields = ("name",)
    readonly_fields = ("people",)

    @admin.display(description="asks for")
    def asks_for(self, segment: Segment) -> str:
        """Return the fields that the rule asks for."""
        return ", ".join(find_fields(segment.rule)) or "-"

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
