"""What the checks say of an issue: each finding, what it means for readers, and where it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from mailer.checks.findings import Finding, Severity
from mailer.checks.size import GMAIL_OCTETS
from mailer.dispatch.checking.check import Checked, accept, check_issue
from mailer.dispatch.checking.visit import LONGEST_ROUND, begin_round
from mailer.dispatch.tasks import wake_visitor
from mailer.errors import MastheadError
from mailer.models import Acceptance, Draft, Edition
from mailer.web.desk.audit import record
from mailer.web.desk.entry import PRESS, Desk, desk_page, show
from mailer.web.desk.issues import find_issue, name_language
from mailer.web.desk.permissions import Act
from mailer.web.desk.places import find_places
from mailer.web.desk.preview import find_edition

TITLES = {
    Severity.ERROR: "Errors: they block sending",
    Severity.WARNING: "Warnings: somebody puts their name under each",
    Severity.NOTE: "Worth knowing",
}
MOST_SHARES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A finding as the page shows it: with the address of its place, and who accepted it."""

    finding: Finding
    url: str
    accepted: Acceptance | None


@desk_page(Act.LOOK)
def show_checks(request: HttpRequest, desk: Desk, number: int) -> HttpResponse:
    """Show what is wrong with an issue, by edition, the worst first."""
    issue = find_issue(desk, number)
    checked, problem = [], ""
    try:
        checked = check_issue(issue)
    except MastheadError as error:
        problem = str(error)
    drafts = {each.language: each for each in Draft.objects.filter(issue=issue)}
    return show(
        request,
        desk,
        "checks",
        issue=issue,
        problem=problem,
        sums=_count(checked),
        editions=[_lay_out(desk, each, drafts.get(each.edition.language)) for each in checked],
    )


@desk_page(Act.SIGN, methods=PRESS)
def accept_warnings(request: HttpRequest, desk: Desk, number: int, language: str) -> HttpResponse:
    """Put the name of who is at the desk under the warnings that they chose."""
    edition = find_edition(desk, number, language)
    wanted = set(request.POST.getlist("key"))
    try:
        checked = _find(edition)
    except MastheadError as error:
        messages.error(request, str(error))
        return _back(desk, edition)
    chosen = [each for each in checked.open_warnings if each.key in wanted]
    with transaction.atomic():
        taken = _accept(desk, edition, chosen)
    if not taken:
        messages.error(request, "No warning was chosen, or it is none any more.")
    return _back(desk, edition)


@desk_page(Act.SIGN, methods=PRESS)
def visit_links(request: HttpRequest, desk: Desk, number: int, language: str) -> HttpResponse:
    """Have the links of an edition visited once more."""
    edition = find_edition(desk, number, language)
    with transaction.atomic():
        began = begin_round(edition, now=timezone.now())
        if began:
            record(desk, "had links visited", edition)
            transaction.on_commit(lambda: wake_visitor(edition.pk))
    words = "The links are being visited; look again in a minute."
    messages.success(request, words if began else "They are being visited already.")
    return _back(desk, edition)


def accept_all(desk: Desk, checked: Iterable[Checked]) -> None:
    """Put the name of who is at the desk under every warning that has none."""
    for each in checked:
        _accept(desk, each.edition, each.open_warnings)


def _accept(desk: Desk, edition: Edition, findings: Iterable[Finding]) -> list[Finding]:
    now = timezone.now()
    taken = accept(edition, findings, user=desk.user, name=name_person(desk), now=now)
    for finding in taken:
        record(desk, "accepted a warning", edition, after={"warning": finding.what})
    return taken


def name_person(desk: Desk) -> str:
    """Return the name under which somebody signs: their own, or that of their account."""
    return desk.user.get_full_name() or desk.user.get_username()


def _back(desk: Desk, edition: Edition) -> HttpResponse:
    page = reverse("desk:checks", args=[desk.publication.slug, edition.issue.number])
    return redirect(f"{page}#{edition.language}")


def _find(edition: Edition) -> Checked:
    found = check_issue(edition.issue)
    return next(each for each in found if each.edition.pk == edition.pk)


def _count(checked: list[Checked]) -> dict[str, int]:
    """Return how many errors, open warnings and notes there are in all."""
    found = Counter(each.severity for one in checked for each in one.findings)
    waiting = sum(len(one.open_warnings) for one in checked)
    return {"errors": found[Severity.ERROR], "warnings": waiting, "notes": found[Severity.NOTE]}


def _lay_out(desk: Desk, checked: Checked, draft: Draft | None) -> dict[str, Any]:
    """Return an edition as the page shows it."""
    assert checked.judgement is not None
    edition, judgement = checked.edition, checked.judgement
    places = find_places(desk, edition, judgement.document, draft)
    rows = [
        Row(
            finding=each,
            url=places.locate(each.place, each.rule),
            accepted=checked.accepted.get(each.key),
        )
        for each in checked.findings
    ]
    groups = [
        (severity.value, title, [row for row in rows if row.finding.severity is severity])
        for severity, title in TITLES.items()
    ]
    return {
        "edition": edition,
        "language": name_language(edition.language),
        "groups": [group for group in groups if group[2]],
        "open": len(checked.open_warnings),
        "size": _kilobytes(judgement.octets),
        "most": _kilobytes(GMAIL_OCTETS),
        "shares": [
            (share.place.title, _kilobytes(share.octets), 100 * share.octets // judgement.octets)
            for share in judgement.shares[:MOST_SHARES]
        ],
        "urls": len(judgement.urls),
        "links": checked.links,
        "visiting": _is_visiting(checked),
    }


def _is_visiting(checked: Checked) -> bool:
    links = checked.links
    if links is None or links.finished_at is not None:
        return False
    return bool(links.began_at > timezone.now() - LONGEST_ROUND)


def _kilobytes(octets: int) -> int:
    return -(-octets // 1024)
