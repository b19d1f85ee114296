"""The page of an export, inside the admin: whom, in which form; the answer is streamed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render

from mailer.errors import InvalidExport, InvalidRule
from subscribers.exporting.forms import MEDIA_TYPES, export_people
from subscribers.exporting.people import Choice
from subscribers.models import List, Segment, SubscriptionState

FORMS = {"csv": "CSV", "xlsx": "XLSX", "jsonl": "JSON lines"}
ANY = ("", "any")


class ExportForm(forms.Form):
    """Ask whom to export, and in which form."""

    list = forms.ModelChoiceField(List.objects.all(), required=False, empty_label="everybody")
    state = forms.ChoiceField(choices=[ANY, *SubscriptionState.choices], required=False)
    segment = forms.ModelChoiceField(Segment.objects.all(), required=False, empty_label="all")
    form = forms.ChoiceField(choices=[*FORMS.items()])


def export(request: HttpRequest, context: Mapping[str, Any]) -> HttpResponseBase:
    """Show the form, and stream the file on POST: no link that is followed hands out people."""
    if not request.user.has_perm("subscribers.export_subscriber"):
        raise PermissionDenied
    asked = ExportForm(request.POST or None)
    if request.method == "POST" and asked.is_valid():
        wanted = asked.cleaned_data
        choice = Choice(group=wanted["list"], state=wanted["state"], segment=wanted["segment"])
        try:
            return _send(export_people(choice, wanted["form"]), wanted["form"])
        except (InvalidExport, InvalidRule) as error:
            asked.add_error(None, str(error))
    page = {**context, "form": asked, "title": "Export people"}
    return render(request, "admin/subscribers/export.html", page)


def _send(blocks: Iterator[bytes], form: str) -> StreamingHttpResponse:
    return StreamingHttpResponse(
        blocks,
        content_type=MEDIA_TYPES[form],
        headers={
            "Content-Disposition": f'attachment; filename="people.{form}"',
            "Cache-Control": "no-store",
        },
    )
