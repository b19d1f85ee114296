"""What a reader can choose: which lists, and a few details."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.db import transaction
from django.db.models import Q
from django.http import QueryDict
from django.utils.safestring import SafeString

from subscribers import consent
from subscribers.consent import Evidence
from subscribers.models import List, Subscriber, SubscriptionState
from subscribers.names import clean_name
from subscribers.web.choices import list_languages, list_zones, write_zones

LONGEST_NAME = 200
# Who wants to hear nothing for longer is better off leaving, and is asked again by nobody.
LONGEST_PAUSE = dt.timedelta(days=366)


class PreferencesForm(forms.Form):
    """A reader's choices, as they are and as they are wanted.

    The lists shown are the public ones, and the private ones that the person is on: who has
    left a private list does not come back without its editor.
    """

    lists = forms.MultipleChoiceField(required=False)
    name = forms.CharField(max_length=LONGEST_NAME, required=False)
    language = forms.ChoiceField(required=False)
    time_zone = forms.ChoiceField(required=False)
    # A browser's own field of a day sends this form, whatever it shows.
    paused_until = forms.DateField(required=False, input_formats=["%Y-%m-%d"])

    def __init__(
        self, data: QueryDict | None = None, *, person: Subscriber, today: dt.date
    ) -> None:
        self.person = person
        self.today = today
        self.latest = today + LONGEST_PAUSE
        self.languages = list_languages(person.language)
        self.zones = list_zones(person.time_zone)
        places = dict(person.subscriptions.values_list("list", "state"))
        self._on = {pk for pk, state in places.items() if state == SubscriptionState.CONFIRMED}
        belongs = [pk for pk, state in places.items() if state != SubscriptionState.UNSUBSCRIBED]
        self.groups = list(List.objects.filter(Q(public=True) | Q(pk__in=belongs)))
        super().__init__(data, initial=self._read_choices())
        self._allow("lists", [group.slug for group in self.groups])
        self._allow("language", ["", *self.languages])
        self._allow("time_zone", ["", *(zone for zones in self.zones.values() for zone in zones)])

    @property
    def written_zones(self) -> SafeString:
        """Return the time zones' options, the chosen one marked."""
        return write_zones(self.person.time_zone, str(self["time_zone"].value() or ""))

    def clean_paused_until(self) -> dt.date | None:
        """Return the day until which nothing is sent; one that is past is none."""
        day: dt.date | None = self.cleaned_data["paused_until"]
        if day is None or day <= self.today:
            return None
        if day > self.latest:
            raise forms.ValidationError("A pause has an end within a year.")
        return day

    def keep(self, *, evidence: Evidence, now: dt.datetime) -> set[int]:
        """Keep the choices and return the numbers of the lists that were left by them."""
        with transaction.atomic():
            self._keep_details()
            wanted = set(self.cleaned_data["lists"])
            for group in self.groups:
                if group.slug in wanted and group.pk not in self._on:
                    self._join(group, evidence, now=now)
            return {
                group.pk
                for group in self.groups
                if group.slug not in wanted and self._leave(group, evidence, now=now)
            }

    def _read_choices(self) -> dict[str, Any]:
        return {
            "lists": [group.slug for group in self.groups if group.pk in self._on],
            "name": self.person.name,
            "language": self.person.language,
            "time_zone": self.person.time_zone,
            "paused_until": self._read_pause(),
        }

    def _read_pause(self) -> str:
        until = self.person.paused_until
        return until.isoformat() if until and until > self.today else ""

    def _allow(self, name: str, values: list[str]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(value, value) for value in values]

    def _keep_details(self) -> None:
        self.person.name = clean_name(self.cleaned_data["name"])
        self.person.language = self.cleaned_data["language"]
        self.person.time_zone = self.cleaned_data["time_zone"]
        self.person.paused_until = self.cleaned_data["paused_until"]
        self.person.save(update_fields=["name", "language", "time_zone", "paused_until"])

    def _join(self, group: List, evidence: Evidence, *, now: dt.datetime) -> None:
        """Join and confirm at once: the token came by mail, so the address is theirs."""
        place = consent.subscribe(self.person.email, group, evidence=evidence, now=now)
        consent.confirm(place, evidence=evidence, now=now)

    def _leave(self, group: List, evidence: Evidence, *, now: dt.datetime) -> bool:
        return group.pk in self._on and consent.unsubscribe(
            subscriber_id=self.person.pk, list_id=group.pk, evidence=evidence, now=now
        )
