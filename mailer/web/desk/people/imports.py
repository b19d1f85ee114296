"""Importing people: a file taken in, its columns named, a check, the import itself, its report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from mailer.errors import InvalidImport
from mailer.web.desk.audit import record
from mailer.web.desk.entry import FORM, Desk, desk_page, show
from mailer.web.desk.people.paging import cut_page
from mailer.web.desk.people.reach import LARGEST_ID, find_lists, read_lists
from mailer.web.desk.permissions import Act
from mailer.web.desk.sorting import BY_AGE, Order, choose_order, offer, read_search
from subscribers.importing.files import refused_of
from subscribers.importing.lifecycle import (
    Wish,
    cancel_import,
    change_import,
    discard_import,
    has_refused,
    keep_import,
    open_kept,
    read_mapping,
    start_import,
)
from subscribers.importing.mapping import ATTRIBUTE, GUESSED, KINDS, UNDECIDED
from subscribers.importing.telling import WORDS
from subscribers.importing.terms import LONGEST_BASIS, read_sample
from subscribers.importing.values import GUESSED_TYPES, TYPES
from subscribers.imports import ACTIVE, STARTABLE, Existing, Import, ImportState
from subscribers.models import List
from subscribers.tasks import wake_importer

ORDERS = BY_AGE | {"file": Order(words=_("name of the file"), column="file_name", has_ties=True)}
SHOWN_ROWS = 3
SHOWN_CHARACTERS = 40
OPEN = frozenset({ImportState.DRAFT, ImportState.CHECKED})
KIND_WORDS = {
    "email": "address",
    "standing": "state there",
    "attribute": "an attribute, called …",
    "attributes": "attributes as JSON",
    "skip": "leave it out",
    UNDECIDED: "choose: it seems to say who has left",
}
TYPE_WORDS = {
    "": "found out by itself",
    "text": "text",
    "number": "number",
    "flag": "yes or no",
    "date": "date, as 2026-03-14",
    "date_dmy": "date, day first",
    "date_mdy": "date, month first",
    "guessed_text": "text, as it seems",
    "guessed_number": "number, as it seems",
}


class UploadForm(forms.Form):
    """A file, a list, and the ground on which its people may be written to."""

    file = forms.FileField(label=_("File"), help_text=_("CSV, TSV, XLSX or JSON."))
    list = forms.ModelChoiceField(
        label=_("Onto the list"), queryset=List.objects.none(), to_field_name="slug"
    )
    basis = forms.CharField(
        label=_("Why these people may be written to"),
        max_length=LONGEST_BASIS,
        help_text=_("Such as “members, by the statutes”. It is kept as evidence with each."),
    )
    confirmed = forms.BooleanField(
        label=_("They have confirmed: they may be written to at once"), required=False
    )
    existing = forms.ChoiceField(label=_("Of people whom we know"), choices=Existing.choices)

    def __init__(self, *args: Any, desk: Desk, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        lists: Any = self.fields["list"]
        lists.queryset = find_lists(desk)


@desk_page(Act.PEOPLE)
def list_imports(request: HttpRequest, desk: Desk) -> HttpResponse:
    """List the imports onto the publication's lists."""
    own = _find_all(desk)
    search = read_search(request.GET)
    if search:
        own = own.filter(file_name__icontains=search)
    order, sort = choose_order(request.GET, ORDERS)
    page = cut_page(own, request.GET, order=order)
    orders = offer(ORDERS, sort)
    return show(request, desk, "people/imports", page=page, search=search, **orders)


@desk_page(Act.PEOPLE, methods=FORM)
def take_file(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Take a file, and go on to what was found in it. Nothing happens to anybody yet."""
    is_sent = request.method == "POST"
    asked = {"list": request.GET.get("list", "")}
    form = UploadForm(
        request.POST if is_sent else None,
        request.FILES if is_sent else None,
        desk=desk,
        initial=asked,
    )
    kept = _keep(desk, form) if form.is_valid() else None
    if kept is None:
        return show(request, desk, "people/upload", form=form, status=422 if is_sent else 200)
    return redirect("desk:import", desk.publication.slug, kept.pk)


@desk_page(Act.PEOPLE, methods=FORM)
def show_import(request: HttpRequest, desk: Desk, import_id: int) -> HttpResponse:
    """Show where an import stands and what can be done; do it on POST."""
    kept = _find(desk, import_id)
    if request.method == "POST":
        return _act(request, desk, kept)
    fragment = request.headers.get("HX-Request") == "true" and kept.state in ACTIVE
    return show(
        request,
        desk,
        "people/importing" if fragment else "people/import",
        kept=kept,
        is_active=kept.state in ACTIVE,
        is_open=kept.state in OPEN,
        goes_on=kept.state in STARTABLE and kept.cursor and not kept.dry_run,
        figures=[(words, kept.counts[name]) for name, words in WORDS.items() if _has(kept, name)],
        refused=has_refused(kept, dry_run=kept.dry_run),
        kinds=[
            (each, KIND_WORDS.get(each, each.replace("_", " "))) for each in (*KINDS, UNDECIDED)
        ],
        types=[(each, TYPE_WORDS.get(each, each)) for each in ("", *TYPES, *GUESSED_TYPES)],
        **_preview(kept),
    )


@desk_page(Act.PEOPLE)
def download_refused(_request: HttpRequest, desk: Desk, import_id: int) -> HttpResponseBase:
    """Send the file of refused rows, each with its reason."""
    kept = _find(desk, import_id)
    path = refused_of(kept.pk, dry_run=kept.dry_run)
    if not path.exists():
        raise Http404
    name = f"refused-{kept.pk}.csv"
    return FileResponse(
        path.open("rb"), as_attachment=True, filename=name, content_type="text/csv; charset=utf-8"
    )


def _keep(desk: Desk, form: UploadForm) -> Import | None:
    asked, now = form.cleaned_data, timezone.now()
    wish = Wish(
        group=asked["list"],
        basis=asked["basis"],
        confirmed=asked["confirmed"],
        existing=asked["existing"],
    )
    file = asked["file"]
    try:
        kept = keep_import(file.chunks(), name=file.name, wish=wish, owner_id=desk.user.pk, now=now)
    except InvalidImport as error:
        form.add_error("file", str(error))
        return None
    after = {"list": kept.list.slug, "ground": kept.basis, "confirmed": kept.confirmed}
    record(desk, "uploaded people", kept.file_name, after=after)
    return kept


def _act(request: HttpRequest, desk: Desk, kept: Import) -> HttpResponse:
    act = ACTS.get(request.POST.get("act", ""))
    slug = desk.publication.slug
    if act is None:
        messages.error(request, "Nothing was done: press one of the buttons.")
        return redirect("desk:import", slug, kept.pk)
    before = kept.state
    try:
        told, done = act(request, kept)
    except InvalidImport as error:
        messages.error(request, str(error))
        return redirect("desk:import", slug, kept.pk)
    if done:
        record(desk, done, kept.file_name, before={"state": before}, after={"state": kept.state})
    messages.success(request, told)
    if Import.objects.filter(pk=kept.pk).exists():
        return redirect("desk:import", slug, kept.pk)
    return redirect("desk:imports", slug)


def _map(request: HttpRequest, kept: Import) -> tuple[str, str]:
    """Read the file as the form says; another encoding or delimiter makes other columns."""
    encoding = request.POST.get("encoding", "").strip()[:40]
    delimiter = request.POST.get("delimiter", "").replace("\\t", "\t")[:1]
    same = (encoding, delimiter) == (kept.encoding, kept.delimiter)
    targets = _read_targets(request) if same else None
    change_import(kept, encoding=encoding, delimiter=delimiter, targets=targets)
    if not same and request.POST.get("act") != "map":
        raise InvalidImport("The columns may be others now: look at them, then go on.")
    return "The columns are read so now.", ""


def _read_targets(request: HttpRequest) -> list[str]:
    parts = zip(
        request.POST.getlist("kind"),
        request.POST.getlist("called"),
        request.POST.getlist("type"),
        strict=False,
    )
    return [
        f"{kind}:{called.strip()}:{type_}".rstrip(":") if kind == ATTRIBUTE else kind
        for kind, called, type_ in parts
    ]


def _start(request: HttpRequest, kept: Import) -> tuple[str, str]:
    dry_run = request.POST.get("act") == "check"
    if request.POST.getlist("kind"):
        _map(request, kept)
    if not start_import(kept, dry_run=dry_run, now=timezone.now()):
        return "It is under way already.", ""
    # Robust: where nobody can be called, the sweep finds what waits.
    transaction.on_commit(lambda: wake_importer(kept.pk), robust=True)
    if dry_run:
        return "The check has begun: nobody is touched by it.", "checked an import"
    return "The import has begun. You may leave this page.", "started an import"


def _cancel(_request: HttpRequest, kept: Import) -> tuple[str, str]:
    cancelled = cancel_import(kept, now=timezone.now())
    words = f"It ends after {kept.cursor:,} rows; who was taken in stays. It can be gone on with."
    return words, "cancelled an import" if cancelled else ""


def _discard(_request: HttpRequest, kept: Import) -> tuple[str, str]:
    if discard_import(kept):
        return "The file is deleted; who was taken in stays.", "deleted the file of an import"
    raise InvalidImport("It is under way: cancel it first.")


ACTS: dict[str, Callable[[HttpRequest, Import], tuple[str, str]]] = {
    "map": _map,
    "check": _start,
    "start": _start,
    "cancel": _cancel,
    "discard": _discard,
}


def _preview(kept: Import) -> Mapping[str, Any]:
    """Return the columns with their targets and first cells, while they can be changed."""
    if kept.state not in OPEN:
        return {}
    try:
        table = open_kept(kept)
        sample = read_sample(table, SHOWN_ROWS)
        targets = read_mapping(kept)
    except InvalidImport as error:
        return {"problem": str(error)}
    columns = [
        {
            "name": name,
            "target": target,
            "type": "" if target.type == GUESSED else target.type,
            "cells": [row[place][:SHOWN_CHARACTERS] for row in sample if place < len(row)],
        }
        for place, (name, target) in enumerate(zip(table.columns, targets, strict=False))
    ]
    return {"columns": columns, "found": table.found, "is_text": table.kind in {"csv", "tsv"}}


def _has(kept: Import, name: str) -> bool:
    return bool(kept.counts.get(name))


def _find_all(desk: Desk) -> QuerySet[Import]:
    return Import.objects.filter(list__in=read_lists(desk)).select_related("list", "owner")


def _find(desk: Desk, import_id: int) -> Import:
    return get_object_or_404(_find_all(desk), pk=min(import_id, LARGEST_ID))
