"""The lists of a publication: how many are on them, how they grew; made, and changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from mailer.models import Mailing
from mailer.web.desk.audit import record
from mailer.web.desk.entry import FORM, Desk, desk_page, show
from mailer.web.desk.people.figures import Counts, count_states, read_growth
from mailer.web.desk.people.reach import find_list, read_lists, require_all
from mailer.web.desk.permissions import Act
from mailer.web.desk.sorting import read_search
from subscribers.models import List, SubscriptionState

SHOWN_MAILINGS = 5
Row = tuple[List, Counts]
# A publication has few lists, and how many are on each is a figure: they are sorted as they are.
ORDERS: Mapping[str, tuple[str | Promise, Callable[[Row], Any]]] = {
    "name": (_("name"), lambda row: row[0].name.casefold()),
    "most": (_("most readers"), lambda row: -row[1].get(SubscriptionState.CONFIRMED, 0)),
    "new": (_("newest first"), lambda row: -row[0].pk),
    "old": (_("oldest first"), lambda row: row[0].pk),
}
STATES = (
    SubscriptionState.CONFIRMED,
    SubscriptionState.UNCONFIRMED,
    SubscriptionState.UNSUBSCRIBED,
)
FIELDS = (
    *("name", "slug", "description", "public", "double_opt_in", "welcome", "welcome_text"),
    *("signals", "sender_name", "sender_address", "reply_to"),
)


class ListForm(forms.ModelForm[List]):
    """What a list is called, who may join it and how, and who writes to it."""

    class Meta:
        model = List
        fields = FIELDS
        labels = {
            "slug": _("Short name, for addresses"),
            "public": _("Public: everybody may join it, and its mailings are in the archive"),
            "double_opt_in": _("Who joins confirms by a letter first"),
            "welcome": _("Send a letter of welcome"),
        }
        help_texts = {
            "slug": _("Letters, digits and hyphens. Files of imports and exports name it too."),
            "description": _("Shown where people join."),
            "welcome": "",
            "sender_name": _("Leave this and the next two empty to write as the publication does."),
        }
        widgets = {
            "description": forms.Textarea(attrs={"rows": 3}),
            "welcome_text": forms.Textarea(attrs={"rows": 6}),
        }


@desk_page(Act.COUNT)
def show_lists(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Show the publication's lists with their figures; ``q`` searches in their names."""
    search = read_search(request.GET)
    lists = read_lists(desk)
    counts = count_states(lists)
    sort = request.GET.get("sort", "")
    sort = sort if sort in ORDERS else next(iter(ORDERS))
    found = [each for each in lists if search.casefold() in f"{each.name} {each.slug}".casefold()]
    rows = sorted(((each, counts[each.pk]) for each in found), key=ORDERS[sort][1])
    orders = [(word, words) for word, (words, _key) in ORDERS.items()]
    context: dict[str, Any] = {"rows": rows, "search": search, "orders": orders, "sort": sort}
    return show(request, desk, "people/lists", **context)


@desk_page(Act.COUNT)
def show_list(request: HttpRequest, desk: Desk, group: str) -> HttpResponse:
    """Show one list: who is on it in figures, and how it grew."""
    own = find_list(desk, group)
    counts = count_states([own])[own.pk]
    mailings = Mailing.objects.filter(lists=own, issue__publication=desk.publication)
    return show(
        request,
        desk,
        "people/list",
        group=own,
        states=[(state, state.label, counts.get(state, 0)) for state in STATES],
        growth=read_growth(own, today=timezone.now().date()),
        mailings=mailings.select_related("issue__publication").order_by("-id")[:SHOWN_MAILINGS],
        others=own.publications.exclude(pk=desk.publication.pk).count(),
    )


@desk_page(Act.PEOPLE, methods=FORM)
def make_list(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Make a list, and let the publication go to it."""
    form = ListForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        status = 422 if form.is_bound else 200
        return show(request, desk, "people/list_form", form=form, status=status)
    with transaction.atomic():
        made = form.save()
        desk.publication.lists.add(made)
        record(desk, "made a list", made, after=_describe(made))
    messages.success(request, f"The list {made} is made. Nobody is on it yet.")
    return redirect("desk:list", desk.publication.slug, made.slug)


@desk_page(Act.PEOPLE, methods=FORM)
def change_list(request: HttpRequest, desk: Desk, group: str) -> HttpResponse:
    """Change a list."""
    own = find_list(desk, group)
    if own.publications.exclude(pk=desk.publication.pk).exists():
        require_all(desk)
    before = _describe(own)
    form = ListForm(request.POST if request.method == "POST" else None, instance=own)
    # Evidence of consent names the list by it, and does not change.
    form.fields["slug"].disabled = True
    if not form.is_valid():
        status = 422 if form.is_bound else 200
        return show(request, desk, "people/list_form", form=form, group=own, status=status)
    with transaction.atomic():
        after = _describe(form.save())
        changed = [name for name in FIELDS if before[name] != after[name]]
        record(
            desk,
            "changed a list",
            own,
            before={name: before[name] for name in changed},
            after={name: after[name] for name in changed},
        )
    messages.success(request, "It is kept.")
    return redirect("desk:list", desk.publication.slug, own.slug)


def _describe(group: List) -> dict[str, Any]:
    return {name: getattr(group, name) for name in FIELDS}
