"""Who must not be written to: found, added, lifted, taken from a file and to one."""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path
from typing import Any

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from mailer.errors import InvalidAddress, InvalidImport
from mailer.models import Delivery
from mailer.web.desk.audit import record
from mailer.web.desk.entry import FORM, PRESS, Desk, desk_page, show
from mailer.web.desk.people.paging import cut_page
from mailer.web.desk.people.reach import (
    LARGEST_ID,
    find_lists,
    find_suppressions,
    reaches_all,
    require_all,
)
from mailer.web.desk.permissions import Act
from mailer.web.desk.sorting import BY_AGE, Order, choose_order, offer
from subscribers.importing.opening import open_table
from subscribers.models import List, Suppression, SuppressionReason
from subscribers.suppression import lift, read_scope, suppress
from subscribers.suppressions import Taken, export_suppressions, import_suppressions

LONGEST_SEARCH = 320
# A million addresses; more is taken in by the command, where no browser waits.
LARGEST_FILE = 50_000_000
DELIVERY = "delivery:"
ORDERS = BY_AGE | {
    "address": Order(words=_("address or domain"), column="email_normalised", has_ties=True)
}


class AddForm(forms.Form):
    """An address or a domain, and for which list."""

    scope = forms.CharField(
        label=_("Address"), max_length=320, help_text=_("Or @ and a domain, for all of it.")
    )
    list = forms.ModelChoiceField(
        label=_("For which list"),
        queryset=List.objects.none(),
        to_field_name="slug",
        required=False,
        empty_label=_("every list"),
    )
    expires_at = forms.DateField(
        label=_("Until"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Empty: for good."),
    )

    def __init__(self, *args: Any, desk: Desk, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        lists: Any = self.fields["list"]
        lists.queryset = find_lists(desk)
        if not reaches_all(desk):
            lists.required, lists.empty_label = True, None

    def clean_scope(self) -> str:
        """Return what is to be suppressed as it is compared."""
        try:
            return read_scope(self.cleaned_data["scope"])
        except InvalidAddress as error:
            raise forms.ValidationError(str(error)) from error

    def clean_expires_at(self) -> Any:
        """Refuse a day that would hold nobody back."""
        day = self.cleaned_data["expires_at"]
        if day is not None and day <= timezone.now().date():
            raise forms.ValidationError(_("This day is past: it would hold nobody back."))
        return day


class FileForm(forms.Form):
    """A file of addresses."""

    file = forms.FileField(
        label=_("File"),
        help_text=_("CSV, TSV, XLSX or JSON with a column “address”; reason, list may be there."),
    )


@desk_page(Act.PEOPLE)
def list_suppressions(request: HttpRequest, desk: Desk) -> HttpResponse:
    """List what keeps the publication's people from being written to."""
    search = request.GET.get("q", "").strip()[:LONGEST_SEARCH].replace("\0", "")
    reason = request.GET.get("reason", "")
    rows = find_suppressions(desk).select_related("list")
    if search:
        rows = rows.filter(email_normalised__contains=search.lower())
    if reason in SuppressionReason.values:
        rows = rows.filter(reason=reason)
    order, sort = choose_order(request.GET, ORDERS)
    page = cut_page(rows, request.GET, order=order)
    mailings = _find_mailings(desk, page.rows)
    return show(
        request,
        desk,
        "people/suppressions",
        **offer(ORDERS, sort),
        page=page,
        rows=[(each, mailings.get(each.origin)) for each in page.rows],
        search=search,
        reason=reason,
        reasons=SuppressionReason.choices,
        now=timezone.now(),
        reaches_all=reaches_all(desk),
    )


@desk_page(Act.PEOPLE, methods=FORM)
def add_suppression(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Keep an address or a domain from being written to."""
    form = AddForm(request.POST if request.method == "POST" else None, desk=desk)
    if not form.is_valid():
        status = 422 if form.is_bound else 200
        return show(request, desk, "people/suppress", form=form, status=status)
    group, day = form.cleaned_data["list"], form.cleaned_data["expires_at"]
    now = timezone.now()
    with transaction.atomic():
        kept = suppress(
            form.cleaned_data["scope"],
            reason=SuppressionReason.MANUAL,
            origin=f"desk:{desk.user.pk}",
            now=now,
            list_id=group.pk if group else None,
            expires_at=dt.datetime.combine(day, dt.time(), tzinfo=dt.UTC) if day else None,
        )
        after = {"list": group.slug if group else "all", "until": str(day or "")}
        record(desk, "suppressed", f"suppression {kept.pk}", after=after)
    messages.success(request, "It is kept: nothing is sent there from now on.")
    return redirect("desk:suppressions", desk.publication.slug)


@desk_page(Act.PEOPLE, methods=FORM)
def lift_suppression(request: HttpRequest, desk: Desk, row_id: int) -> HttpResponse:
    """Let an address be written to again, when it was typed."""
    row = get_object_or_404(find_suppressions(desk), pk=min(row_id, LARGEST_ID))
    if row.list_id is None:
        require_all(desk)
    context: dict[str, Any] = {"row": row, "is_erased": row.reason == SuppressionReason.ERASED}
    if request.method != "POST":
        return show(request, desk, "people/lift", **context)
    typed = request.POST.get("address", "").strip().lower()
    if context["is_erased"] or typed != row.email_normalised:
        wrong = "Nothing was lifted. Type the address just as it stands above."
        return show(request, desk, "people/lift", wrong=wrong, status=422, **context)
    with transaction.atomic():
        lift(row.email_normalised, list_id=row.list_id)
        before = {"reason": row.reason, "origin": row.origin}
        record(desk, "lifted", f"suppression {row.pk}", before=before)
    messages.success(request, "It is lifted. Who had left a list still has left it.")
    return redirect("desk:suppressions", desk.publication.slug)


@desk_page(Act.PEOPLE, methods=FORM)
def take_suppressions(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Suppress whom a file names; looked through first, without keeping anything, if wanted."""
    require_all(desk)
    is_sent = request.method == "POST"
    form = FileForm(request.POST if is_sent else None, request.FILES if is_sent else None)
    dry_run = request.POST.get("do") == "check"
    taken = _take(form, dry_run=dry_run) if form.is_valid() else None
    if taken is not None and not dry_run:
        after = {"added": taken.added, "known": taken.known, "refused": taken.refused}
        record(desk, "imported suppressions", form.cleaned_data["file"].name[:200], after=after)
    status = 422 if is_sent and taken is None else 200
    return show(
        request, desk, "people/take", form=form, taken=taken, dry_run=dry_run, status=status
    )


@desk_page(Act.PEOPLE, methods=PRESS)
def give_suppressions(_request: HttpRequest, desk: Desk) -> HttpResponseBase:
    """Send what is in force as CSV."""
    require_all(desk)
    record(desk, "exported suppressions", desk.publication)
    return StreamingHttpResponse(
        export_suppressions(now=timezone.now()),
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": 'attachment; filename="suppressions.csv"',
            "Cache-Control": "no-store",
        },
    )


def _take(form: FileForm, *, dry_run: bool) -> Taken | None:
    file: UploadedFile[Any] = form.cleaned_data["file"]
    if (file.size or 0) > LARGEST_FILE:
        form.add_error("file", f"The file has more than {LARGEST_FILE:,} octets: cut it.")
        return None
    name = Path(file.name or "file").name
    with tempfile.NamedTemporaryFile() as copy:
        for block in file.chunks():
            copy.write(block)
        copy.flush()
        try:
            table = open_table(Path(copy.name))
            origin = f"import: {name}"[:100]
            return import_suppressions(table, origin=origin, now=timezone.now(), dry_run=dry_run)
        except InvalidImport as error:
            form.add_error("file", str(error))
            return None


def _find_mailings(desk: Desk, rows: list[Suppression]) -> dict[str, Delivery]:
    """Return the deliveries that suppressions came from, by origin, as far as they are our own."""
    numbers = {row.origin.removeprefix(DELIVERY) for row in rows if row.origin.startswith(DELIVERY)}
    ids = [int(each) for each in numbers if each.isascii() and each.isdecimal() and len(each) < 19]
    found = Delivery.objects.filter(pk__in=ids, mailing__issue__publication=desk.publication)
    return {
        f"{DELIVERY}{each.pk}": each for each in found.select_related("mailing__issue__publication")
    }
