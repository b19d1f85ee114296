"""What came back lately: bounces and complaints, each with its reader and its mailing."""

from __future__ import annotations

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from mailer.errors import InvalidAddress
from mailer.models import Feedback
from mailer.types import FeedbackKind
from mailer.web.desk.entry import Desk, desk_page, show
from mailer.web.desk.people.paging import cut_page
from mailer.web.desk.permissions import Act
from mailer.web.desk.sorting import BY_AGE, Order, choose_order, offer
from subscribers.addresses import normalise

KINDS = {FeedbackKind.COMPLAINT.value: "Complaints", FeedbackKind.BOUNCE.value: "Bounces"}
LONGEST_SEARCH = 320
ORDERS = BY_AGE | {"address": Order(words=_("address"), column="recipient", has_ties=True)}


@desk_page(Act.PEOPLE)
def list_returns(request: HttpRequest, desk: Desk) -> HttpResponse:
    """List what came back of the publication's mailings."""
    kind = request.GET.get("kind", "")
    search = request.GET.get("q", "").strip()[:LONGEST_SEARCH].replace("\0", "")
    rows = Feedback.objects.filter(
        kind__in=[kind] if kind in KINDS else list(KINDS),
        delivery__mailing__issue__publication=desk.publication,
    ).select_related("delivery__mailing__issue__publication")
    if search:
        rows = rows.filter(_match(search))
    order, sort = choose_order(request.GET, ORDERS)
    return show(
        request,
        desk,
        "people/returns",
        page=cut_page(rows, request.GET, order=order),
        kinds=KINDS.items(),
        kind=kind,
        search=search,
        **offer(ORDERS, sort),
    )


def _match(search: str) -> Q:
    """Return the condition of a search: a whole address is looked up, all else is looked for.

    What came back has the address of its delivery: to look there would read the ledger.
    """
    try:
        return Q(recipient=normalise(search))
    except InvalidAddress:
        return Q(recipient__contains=search.lower())
