"""Writing the audit log, and showing it."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from mailer.models import AuditEntry
from mailer.web.desk.entry import Desk, desk_page, show
from mailer.web.desk.permissions import Act
from mailer.web.desk.sorting import BY_AGE, Order, choose_order, offer, read_search

PAGE_SIZE = 50
ORDERS = BY_AGE | {
    "who": Order(words=_("who"), column="actor", has_ties=True),
    "what": Order(words=_("what was done"), column="act", has_ties=True),
}


def record(
    desk: Desk,
    act: str,
    subject: object,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    """Add an entry: who is at the desk has done this, and these values differ."""
    AuditEntry.objects.create(
        publication=desk.publication,
        user=desk.user,
        actor=(desk.user.email or desk.user.get_username())[:254],
        act=act,
        subject=str(subject)[:300],
        before=before or {},
        after=after or {},
        at=timezone.now(),
    )


@desk_page(Act.AUDIT)
def list_entries(request: HttpRequest, desk: Desk) -> HttpResponse:
    """List what was done at this desk; ``q`` searches."""
    search = read_search(request.GET)
    entries = AuditEntry.objects.filter(publication=desk.publication)
    if search:
        entries = entries.filter(
            Q(actor__icontains=search) | Q(act__icontains=search) | Q(subject__icontains=search)
        )
    order, sort = choose_order(request.GET, ORDERS)
    page = Paginator(order.sort(entries), PAGE_SIZE).get_page(request.GET.get("page"))
    context: dict[str, Any] = {
        "page": page,
        "search": search,
        "rows": [_lay(entry) for entry in page],
    }
    return show(request, desk, "audit", **context, **offer(ORDERS, sort))


def _lay(entry: AuditEntry) -> dict[str, Any]:
    """Return an entry with its values side by side."""
    names = dict.fromkeys([*entry.before, *entry.after])
    changes = [(name, entry.before.get(name, ""), entry.after.get(name, "")) for name in names]
    return {"entry": entry, "changes": changes}
