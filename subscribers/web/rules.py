"""What the admin shows of segments: a live count, the form of a rule, and why somebody is in."""

from __future__ import annotations

import json

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.template.loader import render_to_string
from django.views.decorators.http import require_POST, require_safe

from mailer.errors import InvalidRule
from subscribers.explaining import Finding, explain
from subscribers.models import Segment, Subscriber
from subscribers.schema import write_schema
from subscribers.segments import count

# More would make a person's page slow: each is a query.
MOST_SEGMENTS = 50


@require_POST
def count_people(request: HttpRequest) -> HttpResponseBase:
    """Return how many people the rule in the body selects now, or what is wrong with it."""
    if not request.user.has_perm("subscribers.view_segment"):
        raise PermissionDenied
    try:
        people = count(json.loads(request.body))
    except (InvalidRule, ValueError, RecursionError) as error:
        return JsonResponse({"error": str(error)}, status=400)
    return JsonResponse({"people": people})


@require_safe
def show_schema(_request: HttpRequest) -> HttpResponseBase:
    """Return the JSON schema of rules."""
    return JsonResponse(write_schema())


def show_membership(person: Subscriber) -> str:
    """Return HTML that says of each segment whether a person is in it, and why."""
    segments = [
        (segment.name, *_explain(segment, person))
        for segment in Segment.objects.all()[:MOST_SEGMENTS]
    ]
    return render_to_string("admin/subscribers/membership.html", {"segments": segments})


def _explain(segment: Segment, person: Subscriber) -> tuple[list[Finding], str]:
    try:
        return explain(segment, person), ""
    except InvalidRule as error:
        return [], str(error)
