"""The mail services that may tell of bounces and complaints by HTTP, and whether they do."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Count, Max, Q
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from mailer.models import ProviderEvent
from mailer.providers import PROVIDERS
from mailer.web.desk.entry import Desk, desk_page, show
from mailer.web.desk.permissions import Act

LATELY = dt.timedelta(days=30)
NAMES = {
    "ses": "Amazon SES",
    "sendgrid": "SendGrid",
    "mailgun": "Mailgun",
    "postmark": "Postmark",
    "brevo": "Brevo",
    "sparkpost": "SparkPost",
    "mailjet": "Mailjet",
    "resend": "Resend",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A mail service: the address for its webhook, and what it told in the last 30 days."""

    name: str
    setting: str
    wanted: str
    address: str
    set_up: bool
    events: int = 0
    problems: int = 0
    last: dt.datetime | None = None


@desk_page(Act.SETTINGS)
def show_services(request: HttpRequest, desk: Desk) -> HttpResponse:
    """List the services, those that are set up first."""
    services = sorted(_list_services(), key=lambda each: not each.set_up)
    return show(request, desk, "house/services", services=services)


def _list_services() -> Iterator[Service]:
    lately = ProviderEvent.objects.filter(received_at__gte=timezone.now() - LATELY).order_by()
    sums = lately.values("provider").annotate(
        events=Count("pk"), problems=Count("pk", filter=~Q(problem="")), last=Max("received_at")
    )
    told = {row["provider"]: row for row in sums}
    for each in PROVIDERS:
        own = told.get(each.key)
        yield Service(
            name=NAMES[each.key],
            setting=f"MASTHEAD_WEBHOOK_{each.key.upper()}",
            wanted=each.wanted,
            address=settings.PUBLIC_URL + reverse("archive:webhook", args=[each.key]),
            set_up=each.key in settings.WEBHOOKS,
            events=own["events"] if own else 0,
            problems=own["problems"] if own else 0,
            last=own["last"] if own else None,
        )
