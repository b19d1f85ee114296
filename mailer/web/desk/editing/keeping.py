"""Making a draft the edition that is checked, signed off and sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from mailer.content.parse import parse_issue
from mailer.content.write import write_issue
from mailer.dispatch.editions.pictures import load_pictures
from mailer.errors import MastheadError
from mailer.models import Draft
from mailer.types import Document
from mailer.web.desk.audit import record
from mailer.web.desk.editing.drafts import find_draft, find_newer_edition, mark_kept, take_file
from mailer.web.desk.editing.parts import PICTURED, Content, copy_content
from mailer.web.desk.editing.photographs import KEPT_KEYS
from mailer.web.desk.editing.proving import prove
from mailer.web.desk.entry import PRESS, Desk, desk_page
from mailer.web.desk.permissions import Act
from mailer.web.desk.taking_in import keep, tell_kept


@desk_page(Act.WRITE, methods=PRESS)
def keep_draft(request: HttpRequest, desk: Desk, number: int, language: str) -> HttpResponse:
    """Make a draft the edition, if nothing is wrong with it; else lead back to what is."""
    draft = find_draft(desk, number, language, now=timezone.now())
    back = redirect("desk:write", desk.publication.slug, number, language)
    content = copy_content(draft.content)
    proof = prove(draft, content)
    if proof.findings:
        messages.error(request, "It can\N{RIGHT SINGLE QUOTATION MARK}t be the edition yet.")
        return back
    try:
        document = _read_whole(draft, proof.document, content)
    except MastheadError as error:
        messages.error(request, str(error))
        return back
    edition = keep(desk, document)
    mark_kept(draft, edition)
    messages.success(request, tell_kept(edition))
    return redirect("desk:issue", desk.publication.slug, number)


@desk_page(Act.WRITE, methods=PRESS)
def take_uploaded(request: HttpRequest, desk: Desk, number: int, language: str) -> HttpResponse:
    """Write on from the file that was uploaded since, or, with ``mine``, from the draft."""
    now = timezone.now()
    draft = find_draft(desk, number, language, now=now)
    edition = find_newer_edition(draft)
    if edition is not None and "mine" in request.POST:
        with transaction.atomic():
            Draft.objects.filter(pk=draft.pk).update(kept_hash=edition.content_hash)
            record(desk, "kept a draft before a file", draft, after={"revision": draft.revision})
    elif edition is not None:
        try:
            take_file(draft, edition, desk, now=now)
        except MastheadError as error:
            messages.error(request, str(error))
    return redirect("desk:write", desk.publication.slug, number, language)


def _read_whole(draft: Draft, document: Document, content: Content) -> Document:
    """Return a document as its issue file says it, with its pictures.

    Raises InvalidIssue or RenderingError.
    """
    whole = parse_issue(write_issue(document), file=str(draft), load_picture=None)
    return replace(whole, pictures=load_pictures(list_shown(draft.pictures, content)))


def list_shown(pictures: Mapping[str, Any], content: Content) -> dict[str, dict[str, Any]]:
    """Return what an edition remembers of the pictures that a draft shows."""
    named = {part["values"].get(PICTURED.get(part["kind"], ""), "") for part in content["parts"]}
    return {
        source: {key: kept[key] for key in KEPT_KEYS}
        for source, kept in sorted(pictures.items())
        if source in named
    }
