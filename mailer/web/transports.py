"""Django's admin for mail servers and the limits of providers. A password is never shown."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar
from urllib.parse import urlsplit

from django import forms
from django.contrib import admin
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext_lazy as _

from mailer.errors import InvalidSetting
from mailer.models import DomainLimit, Transport
from mailer.models.transport import split_password


class TransportForm(forms.ModelForm[Transport]):
    """A server's form: its password is entered, never shown."""

    password = forms.CharField(
        label=_("password"),
        required=False,
        strip=False,
        max_length=500,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("Empty: the password stays as it is."),
    )

    class Meta:
        model = Transport
        fields = (
            "name",
            "url",
            "weight",
            "enabled",
            "messages_per_second",
            "open_connections",
            "messages_per_connection",
            "daily_cap",
            "warm_up_from",
        )

    def clean_url(self) -> str:
        """Refuse a password within the address, where the page would show it again."""
        url = str(self.cleaned_data["url"])
        try:
            bare, password = split_password(url)
        except InvalidSetting as error:
            raise forms.ValidationError(str(error)) from None
        if password:
            # The page shows what was entered: so it must be taken out of that as well.
            entered = QueryDict(mutable=True)
            entered.update(self.data)
            entered["url"] = bare
            self.data = entered
            raise forms.ValidationError(_("Enter the password in its own field."))
        return bare

    def clean(self) -> dict[str, Any]:
        """Take the password in; ask for it anew when the mail is to go to another host.

        Else who may change an address could have the password sent to a host of their own.
        """
        cleaned = super().clean() or self.cleaned_data
        password = cleaned.get("password", "")
        if password:
            self.instance.set_password(password)
        elif self.instance.sealed_password and self._leads_elsewhere(cleaned.get("url", "")):
            self.add_error("password", _("Enter the password anew for another host or user."))
        return cleaned

    def _leads_elsewhere(self, url: str) -> bool:
        old, new = urlsplit(self.initial.get("url", "")), urlsplit(url)
        return (old.hostname, old.port, old.username, old.scheme, old.query) != (
            (new.hostname, new.port, new.username, new.scheme, new.query)
        )


class DomainLimitInline(admin.TabularInline[DomainLimit, Transport]):
    """The limits of providers on this server alone."""

    model = DomainLimit
    extra = 0


@admin.register(Transport)
class TransportAdmin(admin.ModelAdmin[Transport]):
    """Mail servers: their shares, limits and health."""

    form = TransportForm
    list_display = (
        "name",
        "url",
        "weight",
        "enabled",
        "messages_per_second",
        "open_connections",
        "cap_today",
        "failing_since",
        "problem",
    )
    list_filter = ("enabled",)
    search_fields = ("name", "url")
    readonly_fields = ("failing_since", "retry_at", "problem")
    inlines = (DomainLimitInline,)
    fieldsets: ClassVar[Any] = (
        (None, {"fields": ("name", "url", "password", "weight", "enabled")}),
        (
            _("Limits"),
            {
                "fields": (
                    "messages_per_second",
                    "open_connections",
                    "messages_per_connection",
                    "daily_cap",
                    "warm_up_from",
                )
            },
        ),
        (_("Health"), {"fields": readonly_fields}),
    )

    @admin.display(description=_("messages today"))
    def cap_today(self, row: Transport) -> int | None:
        """Return how many messages may leave today."""
        return row.cap_on(dt.datetime.now(tz=dt.UTC).date())

    def save_model(
        self, request: HttpRequest, obj: Transport, form: forms.ModelForm[Transport], change: bool
    ) -> None:
        """Keep a row, and try a server at once that somebody has just mended."""
        if form.changed_data:
            obj.forget_failures()
        super().save_model(request, obj, form, change)


@admin.register(DomainLimit)
class DomainLimitAdmin(admin.ModelAdmin[DomainLimit]):
    """What providers get, by one server or by all together."""

    list_display = ("provider", "transport", "messages_per_second", "in_flight", "daily_cap")
    list_filter = ("transport",)
    list_select_related = ("transport",)
    search_fields = ("provider",)
