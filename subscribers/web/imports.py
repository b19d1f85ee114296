"""The pages of an import, inside the admin: upload, look and map, check, follow, read the report.

They work without script: progress is a page that asks for itself again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from mailer.errors import InvalidImport
from subscribers.importing.files import refused_of
from subscribers.importing.lifecycle import (
    Wish,
    cancel_import,
    change_import,
    discard_import,
    has_refused,
    keep_import,
    open_kept,
    start_import,
)
from subscribers.importing.mapping import KINDS
from subscribers.importing.telling import WORDS
from subscribers.importing.terms import LONGEST_BASIS, read_sample
from subscribers.imports import ACTIVE, STARTABLE, Existing, Import, ImportState
from subscribers.models import List
from subscribers.tasks import wake_importer

SHOWN_ROWS = 5
SHOWN_CHARACTERS = 60
REFRESH_SECONDS = 3


class UploadForm(forms.Form):
    """Ask for a file, a list, and the ground on which its people may be written to."""

    file = forms.FileField(help_text="CSV, TSV, XLSX or JSON.")
    list = forms.ModelChoiceField(List.objects.all())
    basis = forms.CharField(
        label="Ground",
        max_length=LONGEST_BASIS,
        help_text="Why these people may be written to; it is kept with each of them.",
    )
    confirmed = forms.BooleanField(
        required=False, initial=True, label="They have confirmed: they may be written to at once"
    )
    existing = forms.ChoiceField(choices=Existing.choices, label="People whom we know already")


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Who is at work, and what the admin's own pages need to be drawn."""

    user: User
    context: Mapping[str, Any]

    def require(self, permission: str) -> None:
        """Raise PermissionDenied unless the user has a permission on imports."""
        if not self.user.has_perm(f"subscribers.{permission}_import"):
            raise PermissionDenied

    def find(self, import_id: str) -> Import:
        """Return an import that the user may see; of another's not even that it is there."""
        if not import_id.isdecimal():
            raise Http404
        own = Import.objects.of(self.user).select_related("list")
        return get_object_or_404(own, pk=int(import_id))


def upload(request: HttpRequest, desk: Desk) -> HttpResponseBase:
    """Take a file, and go on to what was found in it."""
    desk.require("add")
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        wish = Wish(
            group=asked["list"],
            basis=asked["basis"],
            confirmed=asked["confirmed"],
            existing=asked["existing"],
        )
        file, now = asked["file"], timezone.now()
        try:
            kept = keep_import(
                file.chunks(), name=file.name, wish=wish, owner_id=desk.user.pk, now=now
            )
        except InvalidImport as error:
            form.add_error("file", str(error))
        else:
            return redirect(_page(kept))
    context = {**desk.context, "form": form, "title": "Import people"}
    return render(request, "admin/subscribers/import_upload.html", context)


def show(request: HttpRequest, desk: Desk, import_id: str) -> HttpResponseBase:
    """Show where an import stands and what can be done; do it on POST."""
    desk.require("view")
    kept = desk.find(import_id)
    if request.method == "POST":
        return _act(request, desk, kept)
    context = {
        **desk.context,
        "title": f"Import of {kept.file_name}",
        "kept": kept,
        "is_active": kept.state in ACTIVE,
        "is_open": kept.state in {ImportState.DRAFT, ImportState.CHECKED},
        "goes_on": kept.state in STARTABLE and kept.cursor and not kept.dry_run,
        "may_act": desk.user.has_perm("subscribers.change_import"),
        "refresh_seconds": REFRESH_SECONDS,
        "figures": _name(kept.counts),
        "refused": has_refused(kept, dry_run=kept.dry_run),
        "kinds": KINDS,
        **_preview(kept),
    }
    return render(request, "admin/subscribers/import.html", context)


def download_refused(_: HttpRequest, desk: Desk, import_id: str) -> HttpResponseBase:
    """Send the file of refused rows, never to be shown by the browser itself."""
    desk.require("view")
    kept = desk.find(import_id)
    path = refused_of(kept.pk, dry_run=kept.dry_run)
    if not path.exists():
        raise Http404
    name = f"refused-{kept.pk}.csv"
    return FileResponse(
        path.open("rb"), as_attachment=True, filename=name, content_type="text/csv; charset=utf-8"
    )


def _act(request: HttpRequest, desk: Desk, kept: Import) -> HttpResponse:
    desk.require("change")
    act = ACTS.get(request.POST.get("action", ""))
    if act is None:
        raise Http404
    try:
        told = act(request, kept)
    except InvalidImport as error:
        messages.error(request, str(error))
    else:
        messages.info(request, told)
    gone = not Import.objects.filter(pk=kept.pk).exists()
    return redirect(reverse("admin:subscribers_import_changelist") if gone else _page(kept))


def _map(request: HttpRequest, kept: Import) -> str:
    _read_as_asked(request, kept)
    return "The columns are read so now."


def _read_as_asked(request: HttpRequest, kept: Import) -> None:
    """Read the file as the form says; what is pressed with it counts as it is on the page."""
    targets = request.POST.getlist("target")
    encoding = request.POST.get("encoding", "").strip()
    delimiter = request.POST.get("delimiter", "").replace("\\t", "\t")[:1]
    # Another encoding or delimiter makes other columns, so they are guessed anew.
    same = (encoding, delimiter) == (kept.encoding, kept.delimiter)
    change_import(kept, encoding=encoding, delimiter=delimiter, targets=targets if same else None)
    if not same and request.POST.get("action") != "map":
        raise InvalidImport("The columns may be others now: look at them, then go on.")


def _start(request: HttpRequest, kept: Import) -> str:
    dry_run = request.POST.get("action") == "check"
    if request.POST.getlist("target"):
        _read_as_asked(request, kept)
    if not start_import(kept, dry_run=dry_run, now=timezone.now()):
        return "It is under way already."
    # Robust: where nobody can be called, the sweep finds what waits.
    transaction.on_commit(lambda: wake_importer(kept.pk), robust=True)
    return "The check has begun: nobody is touched by it." if dry_run else "The import has begun."


def _cancel(_: HttpRequest, kept: Import) -> str:
    cancel_import(kept, now=timezone.now())
    return f"It ends after {kept.cursor:,} rows; who was taken in stays."


def _discard(_: HttpRequest, kept: Import) -> str:
    if discard_import(kept):
        return "The file is deleted; who was taken in stays."
    return "It is under way: cancel it first."


ACTS: dict[str, Callable[[HttpRequest, Import], str]] = {
    "map": _map,
    "check": _start,
    "start": _start,
    "cancel": _cancel,
    "discard": _discard,
}


def _preview(kept: Import) -> dict[str, Any]:
    """Return the columns with their targets and first cells, while they can be changed."""
    if kept.state not in {ImportState.DRAFT, ImportState.CHECKED}:
        return {}
    try:
        table = open_kept(kept)
        sample = read_sample(table, SHOWN_ROWS)
    except InvalidImport as error:
        return {"problem": str(error)}
    cells = [
        [row[place][:SHOWN_CHARACTERS] for row in sample if place < len(row)]
        for place in range(len(table.columns))
    ]
    columns = list(zip(table.columns, kept.mapping, cells, strict=False))
    return {"columns": columns, "found": table.found, "kind": table.kind}


def _name(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return [(words, counts[name]) for name, words in WORDS.items() if counts.get(name)]


def _page(kept: Import) -> str:
    return reverse("admin:subscribers_import_change", args=[kept.pk])
