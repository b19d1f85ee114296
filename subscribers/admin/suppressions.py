"""Addresses that must not be written to."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from mailer.errors import InvalidAddress
from subscribers import suppression
from subscribers.models import Suppression, SuppressionReason


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
