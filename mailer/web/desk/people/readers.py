"""Who is on the lists: found by address, name, list, state and segment; and let out to a file."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Prefetch, Q
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from mailer.errors import InvalidExport, InvalidRule
from mailer.web.desk.audit import record
from mailer.web.desk.entry import PRESS, Desk, desk_page, show
from mailer.web.desk.people.paging import KeyedPage, cut_page, read_bound
from mailer.web.desk.people.reach import find_lists, find_places, within_reach
from mailer.web.desk.permissions import Act
from mailer.web.desk.sorting import BY_AGE, NEWEST, Order
from subscribers.exporting.forms import MEDIA_TYPES, export_people
from subscribers.exporting.people import Choice, choose_people
from subscribers.models import List, Segment, Subscriber, SubscriptionState
from subscribers.querysets import SubscriberQuerySet
from subscribers.searching.finding import is_beginning, match

LONGEST_SEARCH = 320
ORDERS: dict[str, Order] = {
    **BY_AGE,
    "address": Order(words=_("address"), column="email_normalised"),
}


class FindForm(forms.Form):
    """What people are found by."""

    q = forms.CharField(label=_("Address or name"), required=False, max_length=LONGEST_SEARCH)
    list = forms.ModelChoiceField(
        label=_("List"),
        queryset=List.objects.none(),
        to_field_name="slug",
        required=False,
        empty_label=_("all lists"),
    )
    state = forms.ChoiceField(
        label=_("State there"),
        choices=[("", _("any")), *SubscriptionState.choices],
        required=False,
    )
    segment = forms.ModelChoiceField(
        label=_("Segment"), queryset=Segment.objects.all(), required=False, empty_label=_("none")
    )
    sort = forms.ChoiceField(
        label=_("Order"),
        choices=[(word, each.words) for word, each in ORDERS.items()],
        required=False,
    )

    def __init__(self, *args: Any, desk: Desk, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        lists: Any = self.fields["list"]
        lists.queryset = find_lists(desk)


class Wanted:
    """A search as it was asked for, and the people whom it finds."""

    def __init__(self, desk: Desk, asked: Any) -> None:
        self.form = FindForm(asked, desk=desk)
        self.is_sound = self.form.is_valid()
        found = self.form.cleaned_data
        self.search = str(found.get("q", "")).strip()
        self.group: List | None = found.get("list")
        self.state = str(found.get("state", ""))
        self.segment: Segment | None = found.get("segment")
        self.order = ORDERS.get(str(found.get("sort", "")), NEWEST)
        self.finds_beginnings = is_beginning(self.search)
        self.desk = desk

    @property
    def is_narrow(self) -> bool:
        """Tell whether anything is asked for at all."""
        return bool(self.search or self.group or self.state or self.segment)

    def choose(self, *, places: Q | None = None) -> SubscriberQuerySet:
        """Return the people. Raises InvalidRule for a segment that can't be asked for now.

        ``places`` says which places on lists matter for the page that is shown.
        """
        if self.group is not None:
            choice = Choice(group=self.group, state=self.state, segment=self.segment)
            people = choose_people(choice)
        else:
            people = choose_people(Choice(segment=self.segment))
            people = self._limit(people, places)
        return people.filter(match(self.search)) if self.search else people

    def _limit(self, people: SubscriberQuerySet, bound: Q | None) -> SubscriberQuerySet:
        if not self.state:
            return within_reach(self.desk, people, places=bound)
        places = find_places(self.desk).filter(state=self.state)
        return people.filter(pk__in=places.values("subscriber"))


@desk_page(Act.PEOPLE)
def list_readers(request: HttpRequest, desk: Desk) -> HttpResponse:
    """List the people who are searched for, by pages."""
    wanted = Wanted(desk, request.GET)
    page: KeyedPage[Subscriber] = KeyedPage()
    problem = ""
    try:
        if wanted.is_sound:
            bound = read_bound(request.GET, wanted.order, column="subscriber_id")
            people = _with_places(desk, wanted.choose(places=bound))
            page = cut_page(people, request.GET, order=wanted.order)
    except InvalidRule as error:
        problem = str(error)
    return show(
        request,
        desk,
        "people/readers",
        form=wanted.form,
        wanted=wanted,
        page=page,
        problem=problem,
        status=200 if wanted.is_sound else 422,
    )


def _with_places(desk: Desk, people: SubscriberQuerySet) -> SubscriberQuerySet:
    places = find_places(desk).select_related("list").order_by("list__name")
    return people.prefetch_related(Prefetch("subscriptions", queryset=places, to_attr="places"))


@desk_page(Act.PEOPLE, methods=PRESS)
def export_readers(request: HttpRequest, desk: Desk) -> HttpResponseBase:
    """Send those who were filtered as a file; no link that is followed hands out people."""
    wanted = Wanted(desk, request.POST)
    form = request.POST.get("form", "csv")
    back = redirect("desk:readers", desk.publication.slug)
    if not wanted.is_sound:
        messages.error(request, "Nothing was exported: look at what is asked for.")
        return back
    try:
        people = wanted.choose()
        blocks = export_people(
            Choice(group=wanted.group, state=wanted.state, segment=wanted.segment, among=people),
            form,
        )
    except (InvalidExport, InvalidRule) as error:
        messages.error(request, f"Nothing was exported. {error}")
        return back
    record(
        desk,
        "exported people",
        wanted.group or "all lists",
        after={"state": wanted.state, "segment": str(wanted.segment or ""), "form": form},
    )
    return StreamingHttpResponse(
        blocks,
        content_type=MEDIA_TYPES[form],
        headers={
            "Content-Disposition": f'attachment; filename="people.{form}"',
            "Cache-Control": "no-store",
        },
    )
