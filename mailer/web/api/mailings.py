"""A publication's mailings and what became of them, told to a program."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.utils import timezone

from mailer.models import ApiToken, Mailing, Scope
from mailer.web.api.entry import api_page, refuse_unknown
from mailer.web.desk.figures import read_report

PAGE_SIZE = 50
LARGEST_ID = 2**63 - 1
ID = re.compile(r"[0-9]{1,18}")


@api_page(Scope.READ, "GET")
def list_mailings(request: HttpRequest, token: ApiToken) -> JsonResponse:
    """Give the publication's mailings, the newest first; ``before`` is the last one's id."""
    given = request.GET.get("before", "")
    before = int(given) if ID.fullmatch(given) else LARGEST_ID
    rows = list(_find(token).filter(pk__lt=before).order_by("-pk")[: PAGE_SIZE + 1])
    page = rows[:PAGE_SIZE]
    more = page[-1].pk if len(rows) > PAGE_SIZE else None
    return JsonResponse({"mailings": [_tell(each) for each in page], "before": more})


@api_page(Scope.READ, "GET")
def show_mailing(_request: HttpRequest, token: ApiToken, mailing_id: int) -> JsonResponse:
    """Give one mailing with its report: counts of people, which add up to ``audience``.

    As they were at ``counted_at``: a large ledger is not counted for each who asks.
    """
    mailing = _find(token).filter(pk=min(mailing_id, LARGEST_ID)).first()
    if mailing is None:
        raise refuse_unknown()
    report, counted_at = read_report(mailing)
    told = {"report": asdict(report), "counted_at": counted_at or timezone.now()}
    return JsonResponse(_tell(mailing) | told)


def _find(token: ApiToken) -> Any:
    rows = Mailing.objects.filter(issue__publication=token.publication)
    return rows.select_related("issue__publication")


def _tell(mailing: Mailing) -> dict[str, Any]:
    return {
        "id": mailing.pk,
        "issue": mailing.issue.number,
        "state": mailing.state,
        "follows": mailing.follows_id,
        "scheduled_at": mailing.scheduled_at,
        "started_at": mailing.started_at,
        "finished_at": mailing.finished_at,
    }
