"""How much mail servers and providers of mailboxes get: shown, and changed by who keeps all."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext_lazy as _

from mailer.models import DomainLimit, Transport
from mailer.web.desk.audit import record
from mailer.web.desk.entry import FORM, Desk, desk_page, show
from mailer.web.desk.people.reach import LARGEST_ID, reaches_all, require_all
from mailer.web.desk.permissions import Act

OF_SERVER = (
    *("weight", "messages_per_second", "open_connections"),
    *("messages_per_connection", "daily_cap", "warm_up_from"),
)
OF_PROVIDER = ("messages_per_second", "in_flight", "daily_cap")


class ServerForm(forms.ModelForm[Transport]):
    """A server's limits. Where it is, and its password, are for who runs the installation."""

    class Meta:
        model = Transport
        fields = OF_SERVER
        widgets = {"warm_up_from": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}


class ProviderForm(forms.ModelForm[DomainLimit]):
    """A provider's limits, by one server or by all together."""

    class Meta:
        model = DomainLimit
        fields = ("provider", "transport", *OF_PROVIDER)
        labels = {"transport": _("By the mail server")}
        help_texts = {"transport": ""}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        server: Any = self.fields["transport"]
        server.empty_label = _("all together")

    def clean(self) -> dict[str, Any]:
        """Refuse a limit of nothing."""
        found: dict[str, Any] = super().clean() or {}
        if not self.errors and not any(found.get(name) for name in OF_PROVIDER):
            raise forms.ValidationError(_("Write at least one limit."))
        return found


@desk_page(Act.SETTINGS, methods=FORM)
def show_limits(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Show all limits; keep one of a provider that is added."""
    if request.method == "POST":
        require_all(desk)
    form = ProviderForm(request.POST if request.method == "POST" else None)
    if form.is_valid() and _keep_provider(desk, form):
        messages.success(request, "It holds from now on.")
        return redirect("desk:limits", desk.publication.slug)
    return show(
        request,
        desk,
        "house/limits",
        status=422 if form.is_bound else 200,
        form=form,
        servers=Transport.objects.all(),
        limits=DomainLimit.objects.select_related("transport").order_by("provider", "pk"),
        may_change=reaches_all(desk),
    )


@desk_page(Act.SETTINGS, methods=FORM)
def change_limits(request: HttpRequest, desk: Desk, server_id: int) -> HttpResponse:
    """Change the limits of one server."""
    require_all(desk)
    server = get_object_or_404(Transport, pk=min(server_id, LARGEST_ID))
    before = _describe(server, OF_SERVER)
    form = ServerForm(request.POST if request.method == "POST" else None, instance=server)
    if not form.is_valid():
        status = 422 if form.is_bound else 200
        return show(request, desk, "house/limit", form=form, server=server, status=status)
    with transaction.atomic():
        # Only these: workers write how the server is on the same row.
        server.save(update_fields=list(OF_SERVER))
        after = _describe(server, OF_SERVER)
        if before != after:
            record(desk, "changed the limits of", server, before=before, after=after)
    messages.success(request, "Kept. It holds from now on.")
    return redirect("desk:limits", desk.publication.slug)


@desk_page(Act.SETTINGS, methods=FORM)
def drop_limit(request: HttpRequest, desk: Desk, limit_id: int) -> HttpResponse:
    """Ask first; then let a provider have as much as the servers give."""
    require_all(desk)
    limit = get_object_or_404(
        DomainLimit.objects.select_related("transport"), pk=min(limit_id, LARGEST_ID)
    )
    if request.method != "POST":
        return show(request, desk, "house/drop_limit", limit=limit)
    with transaction.atomic():
        record(desk, "dropped the limit of", limit, before=_describe(limit, OF_PROVIDER))
        limit.delete()
    messages.success(request, "The limit is gone.")
    return redirect("desk:limits", desk.publication.slug)


def _keep_provider(desk: Desk, form: ProviderForm) -> bool:
    """Keep a limit, and tell whether there was none such."""
    try:
        with transaction.atomic():
            limit = form.save()
            record(desk, "set the limit of", limit, after=_describe(limit, OF_PROVIDER))
    except IntegrityError:
        form.add_error("provider", _("It has a limit there already: drop that one first."))
        return False
    return True


def _describe(row: Transport | DomainLimit, names: tuple[str, ...]) -> dict[str, str]:
    return {name: str(getattr(row, name)) for name in names if getattr(row, name) is not None}
