"""What is done to one reader: taken off a list, suppressed, handed their data, forgotten.

The audit log is never changed and outlives people, so it names a reader by number alone.
"""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.utils import timezone

from mailer.results.own import forget_reader, list_deliveries
from mailer.web.desk.audit import record
from mailer.web.desk.entry import FORM, PRESS, Desk, desk_page, show
from mailer.web.desk.people.reach import find_list, find_person, is_theirs_alone, require_all
from mailer.web.desk.permissions import Act
from subscribers import consent
from subscribers.consent import Evidence
from subscribers.exporting.own import describe_person
from subscribers.models import Subscriber, SuppressionReason
from subscribers.suppression import suppress


@desk_page(Act.PEOPLE, methods=PRESS)
def take_off(request: HttpRequest, desk: Desk, person_id: int) -> HttpResponse:
    """Take a reader off one of the publication's lists."""
    person = find_person(desk, person_id)
    group = find_list(desk, request.POST.get("list", ""))
    with transaction.atomic():
        evidence = Evidence(method=f"desk:{desk.user.pk}", basis="by an admin, on their wish")
        left = consent.unsubscribe(
            subscriber_id=person.pk, list_id=group.pk, evidence=evidence, now=timezone.now()
        )
        if left:
            record(desk, "took off a list", _name(person), before={"list": group.slug})
    words = f"They are off {group}." if left else f"They were not on {group}: nothing was changed."
    messages.success(request, words)
    return redirect("desk:reader", desk.publication.slug, person.pk)


@desk_page(Act.PEOPLE, methods=PRESS)
def suppress_reader(request: HttpRequest, desk: Desk, person_id: int) -> HttpResponse:
    """Keep a reader from being written to: by one list, or by all of them."""
    person = find_person(desk, person_id)
    slug = request.POST.get("list", "")
    group = find_list(desk, slug) if slug else None
    if group is None:
        require_all(desk)
    with transaction.atomic():
        suppress(
            person.email_normalised,
            reason=SuppressionReason.MANUAL,
            origin=f"desk:{desk.user.pk}",
            now=timezone.now(),
            list_id=group.pk if group else None,
        )
        record(desk, "suppressed", _name(person), after={"list": group.slug if group else "all"})
    where = f"by {group}" if group else "by any list"
    messages.success(request, f"They are not written to {where} from now on.")
    return redirect("desk:reader", desk.publication.slug, person.pk)


@desk_page(Act.PEOPLE)
def download_data(_request: HttpRequest, desk: Desk, person_id: int) -> HttpResponseBase:
    """Give all that is kept about a reader, to be handed to them (GDPR Art. 15 and 20)."""
    person = find_person(desk, person_id)
    _require_theirs(desk, person)
    record(desk, "took a copy of the data of", _name(person))
    content = describe_person(person) | {"messages": list_deliveries(person.pk)}
    return JsonResponse(
        content,
        json_dumps_params={"ensure_ascii": False, "indent": 2},
        headers={"Content-Disposition": f'attachment; filename="reader-{person.pk}.json"'},
    )


@desk_page(Act.PEOPLE, methods=FORM)
def erase_reader(request: HttpRequest, desk: Desk, person_id: int) -> HttpResponse:
    """Forget a reader, when their address was typed (GDPR Art. 17)."""
    person = find_person(desk, person_id)
    _require_theirs(desk, person)
    if request.method != "POST":
        return show(request, desk, "people/erase", person=person)
    if request.POST.get("address", "").strip() != person.email:
        wrong = "Nobody was forgotten. Type the address just as it stands above."
        return show(request, desk, "people/erase", person=person, wrong=wrong, status=422)
    with transaction.atomic():
        record(desk, "forgot", _name(person))
        forget_reader(person, method=f"desk:{desk.user.pk}", now=timezone.now())
    messages.success(request, "They are forgotten. What remains is a mark that tells nobody who.")
    return redirect("desk:readers", desk.publication.slug)


def _require_theirs(desk: Desk, person: Subscriber) -> None:
    """Raise PermissionDenied for somebody who is on other publications' lists too."""
    if not is_theirs_alone(desk, person):
        raise PermissionDenied(
            "This reader is on lists of other publications too: ask somebody who is admin of each."
        )


def _name(person: Subscriber) -> str:
    return f"reader {person.pk}"
