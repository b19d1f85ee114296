"""Lists, and who is on them."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin

from subscribers.admin.rows import ReadOnlyAdmin
from subscribers.models import List, Subscription


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
