"""Where each edition of an issue stands in the chain; signing it, and taking that back."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from mailer.dispatch.checking.check import Checked, check_issue
from mailer.dispatch.signing.chain import (
    Standing,
    find_voided,
    list_signatures,
    read_chain,
    read_roles,
    seal_edition,
)
from mailer.dispatch.signing.sign import sign, withdraw
from mailer.errors import MastheadError, NotReady
from mailer.models import Edition, Issue
from mailer.web.desk.audit import record
from mailer.web.desk.checks import accept_all, name_person
from mailer.web.desk.entry import PRESS, Desk, desk_page, show
from mailer.web.desk.issues import find_issue, name_language
from mailer.web.desk.permissions import Act
from mailer.web.desk.preview import find_edition
from mailer.web.desk.signing.compare import compare_texts


@desk_page(Act.LOOK)
def show_board(request: HttpRequest, desk: Desk, number: int) -> HttpResponse:
    """Show who has signed each edition, and whose turn it is."""
    issue = find_issue(desk, number)
    checked, problem = {}, ""
    try:
        checked = {each.edition.pk: each for each in check_issue(issue)}
    except MastheadError as error:
        problem = str(error)
    editions = (
        Edition.objects.filter(issue=issue)
        .select_related("issue__publication")
        .prefetch_related("sign_offs", "comments", "issue__publication__lists")
        .order_by("language")
    )
    return show(
        request,
        desk,
        "signing/board",
        issue=issue,
        roles=read_roles(desk.publication),
        problem=problem,
        editions=[_lay_out(desk, each, checked.get(each.pk)) for each in editions],
    )


@desk_page(Act.SIGN, methods=PRESS)
def sign_edition(request: HttpRequest, desk: Desk, number: int, language: str) -> HttpResponse:
    """Sign an edition off as who is at the desk, if it is their turn."""
    edition = find_edition(desk, number, language)
    seen = request.POST.get("seen", "")
    try:
        checked = _find(edition.issue, edition)
        if checked.errors:
            raise NotReady("It has errors, which block sending: see its checks.")
        with transaction.atomic():
            made = sign(
                edition,
                role=desk.role,
                user=desk.user,
                name=name_person(desk),
                seen=seen,
                now=timezone.now(),
            )
            if desk.role == read_roles(desk.publication)[-1]:
                accept_all(desk, [checked])  # the page has said so
            after = {"role": made.get_role_display(), "content": made.content_hash}
            record(desk, "signed off", edition, after=after)
    except MastheadError as error:
        messages.error(request, str(error))
    return redirect("desk:sign_off", desk.publication.slug, number)


@desk_page(Act.SIGN, methods=PRESS)
def withdraw_signature(
    request: HttpRequest, desk: Desk, number: int, language: str
) -> HttpResponse:
    """Take one's own signature back."""
    edition = find_edition(desk, number, language)
    try:
        with transaction.atomic():
            gone = withdraw(edition, user=desk.user, now=timezone.now())
            before = {"role": gone.get_role_display(), "content": gone.content_hash}
            record(desk, "took a signature back", edition, before=before)
    except NotReady as error:
        messages.error(request, str(error))
    return redirect("desk:sign_off", desk.publication.slug, number)


@desk_page(Act.LOOK)
def show_difference(request: HttpRequest, desk: Desk, number: int, language: str) -> HttpResponse:
    """Show what was changed in an edition since somebody signed it last."""
    edition = find_edition(desk, number, language)
    voided = find_voided(edition)
    changes = compare_texts(voided.source, edition.source) if voided else []
    return show(
        request,
        desk,
        "signing/difference",
        issue=edition.issue,
        edition=edition,
        language=name_language(language),
        voided=voided,
        changes=changes,
    )


def _find(issue: Issue, edition: Edition) -> Checked:
    return next(each for each in check_issue(issue) if each.edition.pk == edition.pk)


def _lay_out(desk: Desk, edition: Edition, checked: Checked | None) -> dict[str, Any]:
    """Return an edition as the page shows it, and what who is at the desk may do with it."""
    steps = read_chain(edition)
    own = [each for each in list_signatures(edition).values() if each.user_id == desk.user.pk]
    turn = any(step.standing is Standing.NEXT and step.role == desk.role for step in steps)
    is_last = bool(steps) and steps[-1].role == desk.role
    waiting = sum(each.resolved_at is None for each in edition.comments.all())
    return {
        "edition": edition,
        "language": name_language(edition.language),
        "steps": steps,
        "done": bool(steps) and all(step.standing is Standing.SIGNED for step in steps),
        "voided": find_voided(edition),
        "seen": seal_edition(edition),
        "comments": waiting,
        "errors": len(checked.errors) if checked else 0,
        "warnings": len(checked.open_warnings) if checked else 0,
        "turn": turn and not own and checked is not None and not checked.errors,
        "is_last": is_last,
        "own": bool(own),
    }
