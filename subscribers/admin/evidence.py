"""Evidence of consent: what people were shown, and what they did."""

from __future__ import annotations

from django.contrib import admin

from subscribers.admin.rows import ReadOnlyAdmin
from subscribers.models import ConsentRecord, ConsentText


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
