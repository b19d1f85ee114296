"""What a plan asks: to whom, less whom, and when; and how many that is while it is written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from mailer.dispatch.control.schedule import find_instant
from mailer.dispatch.planning.foresee import Foreseen, foresee
from mailer.dispatch.planning.waves import load_zone
from mailer.dispatch.planning.whom import make_whom
from mailer.errors import MastheadError
from mailer.models import Mailing, SkipReason, Timing
from mailer.web.desk.entry import Desk, show
from mailer.web.desk.figures import read_zones
from mailer.web.desk.people.reach import find_offered
from subscribers.models import List, Segment

NOW, LATER = "now", "later"
WHOM = ("lists", "segment", "without_lists", "without_segment")


class PlanForm(forms.Form):
    """To whom, less whom, and when."""

    lists = forms.ModelMultipleChoiceField(
        label=_("To the lists"),
        queryset=List.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one list.")},
    )
    segment = forms.ModelChoiceField(
        label=_("Only those in the segment"),
        queryset=Segment.objects.all(),
        required=False,
        empty_label=_("everybody on the lists"),
    )
    without_lists = forms.ModelMultipleChoiceField(
        label=_("But not to readers of the lists"),
        queryset=List.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("Who is on one of them gets nothing, though they are on a list above."),
    )
    without_segment = forms.ModelChoiceField(
        label=_("And not to those in the segment"),
        queryset=Segment.objects.all(),
        required=False,
        empty_label=_("nobody is left out"),
    )
    when = forms.ChoiceField(
        label=_("When"),
        choices=[(NOW, _("As soon as you have said yes")), (LATER, _("At the time below"))],
        widget=forms.RadioSelect,
        initial=LATER,
    )
    at = forms.DateTimeField(
        label=_("Date and time"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
    )
    time_zone = forms.CharField(
        label=_("Time zone"),
        initial="UTC",
        max_length=64,
        help_text=_("By its name, such as Europe/Oslo."),
    )
    timing = forms.ChoiceField(
        label=_("For whom it is that time"), choices=Timing.choices, initial=Timing.FIXED
    )

    def clean_time_zone(self) -> str:
        """Refuse what names no zone."""
        name = str(self.cleaned_data["time_zone"]).strip()
        if load_zone(name) is None:
            raise forms.ValidationError(_("This is no time zone: write one such as Europe/Oslo."))
        return name

    def clean(self) -> dict[str, Any]:
        """Read the time on the zone's clock; ``instant`` is empty for at once."""
        found: dict[str, Any] = super().clean() or {}
        found["instant"] = None
        self._judge_whom(found)
        if found.get("when") != LATER or "time_zone" not in found or "at" in self.errors:
            return found
        if not found.get("at"):
            self.add_error("at", _("Write when, or choose to send at once."))
            return found
        try:
            # Django has read the time as UTC's; its figures are what the editor wrote.
            found["instant"] = find_instant(found["at"].replace(tzinfo=None), found["time_zone"])
        except ValueError as error:
            self.add_error("at", str(error))
            return found
        if found["instant"] < timezone.now():
            self.add_error("at", _("This time is past: write a time to come."))
        return found

    def _judge_whom(self, found: Mapping[str, Any]) -> None:
        less = found.get("without_lists", ())
        both = [each.name for each in found.get("lists", ()) if each in less]
        if both:
            words = _("It can't be to a list and not to its readers: %(names)s.")
            self.add_error("without_lists", words % {"names": ", ".join(both)})
        if found.get("segment") and found["segment"] == found.get("without_segment"):
            self.add_error("without_segment", _("It is to this segment: choose another one."))


def make_form(request: HttpRequest, desk: Desk, mailing: Mailing | None = None) -> PlanForm:
    """Return the form, with a draft's answers if there is one."""
    lists = desk.publication.lists.all()
    initial = _recall(mailing) if mailing else {}
    if mailing is None and lists.count() == 1:
        initial = {"lists": list(lists)}
    form = PlanForm(request.POST if request.method == "POST" else None, initial=initial)
    to: Any = form.fields["lists"]
    to.queryset = lists
    less: Any = form.fields["without_lists"]
    # What somebody else left out stays, also if who looks now could not choose it.
    kept = [each.pk for each in initial.get("without_lists", ())]
    less.queryset = List.objects.filter(Q(pk__in=kept) | Q(pk__in=find_offered(desk).values("pk")))
    if not kept and less.queryset.count() < 2:  # of a list without its readers nothing is left
        del form.fields["without_lists"]
    return form


def is_asked_to_count(request: HttpRequest) -> bool:
    """Tell whether a form that is being written asks how many its readers are."""
    return request.method == "POST" and request.headers.get("HX-Request") == "true"


def show_count(
    request: HttpRequest, desk: Desk, form: PlanForm, mailing: Mailing | None = None
) -> HttpResponse:
    """Say how many a plan would reach as it is being written, and keep nothing."""
    form.is_valid()
    foreseen, problem = None, ""
    try:
        if not form.errors.keys() & set(WHOM):
            whom = {name: form.cleaned_data[name] for name in WHOM if name in form.fields}
            asked = make_whom(following=mailing, **whom)
            foreseen = foresee(asked, now=timezone.now(), read_zones=read_zones)
    except MastheadError as error:
        problem = str(error)
    left_out = name_reasons(foreseen)
    return show(request, desk, "plan_count", foreseen=foreseen, left_out=left_out, problem=problem)


def name_reasons(foreseen: Foreseen | None) -> list[tuple[str, int]]:
    """Return why people are left out, in words, each with how many."""
    left_out = foreseen.left_out if foreseen else {}
    return [(str(SkipReason(skip).label), count) for skip, count in sorted(left_out.items())]


def _recall(mailing: Mailing) -> dict[str, Any]:
    at: dt.datetime | None = None
    if mailing.scheduled_at:
        zone = load_zone(mailing.time_zone) or ZoneInfo("UTC")
        at = mailing.scheduled_at.astimezone(zone).replace(tzinfo=None)
    return {
        "lists": list(mailing.lists.all()),
        "segment": mailing.segment,
        "without_lists": list(mailing.without_lists.all()),
        "without_segment": mailing.without_segment,
        "when": LATER if at else NOW,
        "at": at,
        "time_zone": mailing.time_zone,
        "timing": mailing.timing,
    }
