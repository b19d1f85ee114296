"""Imports of people from files."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.urls import path

from subscribers.imports import Import
from subscribers.web import imports


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
