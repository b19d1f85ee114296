"""What is a reader's own: their address, a copy of all that is kept about them, and its end."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone

from mailer.dispatch.tasks import wake_answerer
from mailer.errors import InvalidAddress
from mailer.results.own import forget_reader, list_deliveries
from subscribers.exporting.own import describe_person
from subscribers.models import Subscriber
from subscribers.moving import ask_change
from subscribers.tokens import LinkClaims, Purpose
from subscribers.web.forms import PreferencesForm
from subscribers.web.pages import open_by_token, own_path, show_invalid, show_page


def _change_address(request: HttpRequest, claims: LinkClaims) -> HttpResponse:
    """Take a new address; it holds when whoever reads it has confirmed."""
    person = _find(claims)
    if person is None:
        return show_invalid(request)
    now, notice, wrong = timezone.now(), "", ""
    if request.method == "POST":
        try:
            ask_change(person, request.POST.get("email", ""), now=now)
            notice = "asked"
            wake_answerer()
        except InvalidAddress:
            wrong = request.POST.get("email", "")[:320] or " "
    return show_page(
        request,
        "preferences",
        person,
        form=PreferencesForm(person=person, today=now.date()),
        notice=notice,
        wrong_email=wrong,
        preferences=own_path(request),
        status=400 if wrong else 200,
    )


def _download(request: HttpRequest, claims: LinkClaims) -> HttpResponse:
    """Give all that is kept about the reader (GDPR Art. 15 and 20)."""
    person = _find(claims)
    if person is None:
        return show_invalid(request)
    content = describe_person(person) | {"messages": list_deliveries(person.pk)}
    return JsonResponse(
        content,
        json_dumps_params={"ensure_ascii": False, "indent": 2},
        headers={
            "Content-Disposition": 'attachment; filename="my-data.json"',
            "Referrer-Policy": "no-referrer",
            "X-Robots-Tag": "noindex",
        },
    )


def _erase(request: HttpRequest, claims: LinkClaims) -> HttpResponse:
    """Forget the reader, when they have seen what that means (GDPR Art. 17)."""
    person = _find(claims)
    if person is None:
        return show_page(request, "erased", None)
    if request.method != "POST":
        return show_page(request, "erase", person, preferences=own_path(request))
    forget_reader(person, method="erase page", now=timezone.now())
    return show_page(request, "erased", None)


change_address = open_by_token(Purpose.PREFERENCES, _change_address)
download = open_by_token(Purpose.PREFERENCES, _download)
erase_me = open_by_token(Purpose.PREFERENCES, _erase)


def _find(claims: LinkClaims) -> Subscriber | None:
    return Subscriber.objects.filter(pk=claims.subscriber_id).first()
