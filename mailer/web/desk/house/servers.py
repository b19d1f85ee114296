"""The mail servers that mailings leave by: how they are, and a try at one of them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from mailer.dispatch.servers.probe import Finding, probe
from mailer.errors import MastheadError
from mailer.models import Transport
from mailer.transport.smtp.config import SmtpConfig
from mailer.web.desk.entry import FORM, Desk, desk_page, show
from mailer.web.desk.permissions import Act

DEFAULT_NAME = "MASTHEAD_SMTP_URL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """One mail server; without a ``config`` it can't be used, and ``problem`` says why."""

    name: str
    config: SmtpConfig | None
    enabled: bool = True
    weight: int = 1
    cap_today: int | None = None
    failing_since: dt.datetime | None = None
    problem: str = ""

    @property
    def host(self) -> str:
        """Return its host, or nothing."""
        return self.config.host if self.config else ""

    @property
    def port(self) -> int | None:
        """Return its port, if it is known."""
        return self.config.port if self.config else None


@desk_page(Act.SETTINGS, methods=FORM)
def show_servers(request: HttpRequest, desk: Desk) -> HttpResponse:
    """List the mail servers; try the one that is asked for, without sending anything."""
    servers = list_servers()
    wanted = request.POST.get("name", "")
    tried = next((each for each in servers if each.name == wanted), None)
    steps: list[Finding] = []
    if tried is not None and tried.config is not None:
        steps = list(probe(tried.config))
    return show(request, desk, "house/servers", servers=servers, tried=tried, steps=steps)


def list_servers() -> list[Server]:
    """Return the servers that are set up, or the one of the environment where there are none."""
    rows = [_read(row) for row in Transport.objects.all()]
    return rows or [Server(name=DEFAULT_NAME, config=SmtpConfig.from_url(settings.SMTP_URL))]


def _read(row: Transport) -> Server:
    server = Server(
        name=row.name,
        config=None,
        enabled=row.enabled,
        weight=row.weight,
        cap_today=row.cap_on(timezone.now().date()),
        failing_since=row.failing_since,
        problem=row.problem,
    )
    try:
        return replace(server, config=row.config())
    except MastheadError as error:
        return replace(server, problem=str(error))
