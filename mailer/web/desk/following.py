"""What can be done after a mailing: those that failed tried once more, or a correction sent."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone

from mailer.dispatch.planning.following import follow
from mailer.errors import NotReady
from mailer.models import Following
from mailer.web.desk.audit import record
from mailer.web.desk.entry import PRESS, Desk, desk_page
from mailer.web.desk.mailings import find_mailing
from mailer.web.desk.permissions import Act


def _make_page(what: Following, act: str) -> Callable[..., HttpResponseBase]:
    """Make a page that is pressed, and leads to the one that says what will happen."""

    @desk_page(Act.PLAN, methods=PRESS)
    def press(request: HttpRequest, desk: Desk, mailing_id: int) -> HttpResponse:
        mailing = find_mailing(desk, mailing_id)
        try:
            with transaction.atomic():
                draft = follow(mailing, what, now=timezone.now())
                record(desk, act, draft, after={"follows": str(mailing)})
        except NotReady as error:
            messages.error(request, str(error))
            return redirect("desk:report", desk.publication.slug, mailing.pk)
        return redirect("desk:check", desk.publication.slug, draft.pk)

    return press


retry_failed = _make_page(Following.FAILED, "drafted another attempt")
send_correction = _make_page(Following.ACCEPTED, "drafted a correction")
