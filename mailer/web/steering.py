"""The admin's actions on mailings: pause, resume, send now, reschedule, cancel.

What can't be taken back is shown once more, with its readers counted, before it is done.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from mailer.dispatch.control.cancel import cancel_mailing
from mailer.dispatch.control.schedule import (
    find_instant,
    pause_mailing,
    resume_mailing,
)
from mailer.dispatch.control.steer import reschedule_mailing, send_now
from mailer.dispatch.planning.waves import count_waves, load_zone, read_clock
from mailer.dispatch.tasks import wake_scheduler
from mailer.errors import MastheadError
from mailer.models import Mailing, PastZones, Timing

Verb = Callable[[Mailing], None]


class TimeForm(forms.Form):
    """When a mailing is to be sent."""

    # The zone is a field of its own, so what is written here is a clock's time in it.
    at = forms.DateTimeField(label=_("at"), widget=forms.DateTimeInput)
    time_zone = forms.CharField(label=_("time zone"), initial="UTC", max_length=64)
    timing = forms.ChoiceField(label=_("timing"), choices=Timing.choices)
    past_zones = forms.ChoiceField(
        label=_("readers for whom it is past"), choices=PastZones.choices
    )

    def clean_time_zone(self) -> str:
        """Refuse what names no zone."""
        name = str(self.cleaned_data["time_zone"])
        if load_zone(name) is None:
            raise forms.ValidationError(_("This is no time zone: write one such as Europe/Oslo."))
        return name

    def clean(self) -> dict[str, Any]:
        """Read the time on the zone's clock; refuse one that is past: it would send at once."""
        found: dict[str, Any] = super().clean() or {}
        if "at" not in found or "time_zone" not in found:
            return found
        # Django has read the time as UTC's; its figures are what the editor wrote.
        found["at"] = found["at"].replace(tzinfo=None)
        try:
            instant = find_instant(found["at"], found["time_zone"])
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error
        if instant < timezone.now():
            raise forms.ValidationError(_("This time is past: write a time to come."))
        return found


class SteeringMixin(admin.ModelAdmin[Mailing]):
    """Let those who may change mailings steer them, although nobody edits their rows."""

    actions = ("pause", "resume", "send_now", "reschedule", "cancel")

    def has_steer_permission(self, request: HttpRequest) -> bool:
        """Tell whether the user may change mailings."""
        return request.user.has_perm("mailer.change_mailing")

    @admin.action(permissions=["steer"], description=_("Pause"))
    def pause(self, request: HttpRequest, mailings: QuerySet[Mailing]) -> None:
        """Pause what is being sent."""
        self._steer(request, mailings, pause_mailing)

    @admin.action(permissions=["steer"], description=_("Resume"))
    def resume(self, request: HttpRequest, mailings: QuerySet[Mailing]) -> None:
        """Go on with what is paused."""
        self._steer(request, mailings, resume_mailing)

    @admin.action(permissions=["steer"], description=_("Send now …"))
    def send_now(self, request: HttpRequest, mailings: QuerySet[Mailing]) -> HttpResponse | None:
        """Send at once, when the editor has seen to how many."""
        if "confirmed" not in request.POST:
            return self._ask(request, mailings, "send_now", _("Send now"))
        self._steer(request, mailings, send_now)
        return None

    @admin.action(permissions=["steer"], description=_("Cancel …"))
    def cancel(self, request: HttpRequest, mailings: QuerySet[Mailing]) -> HttpResponse | None:
        """Cancel for good, when the editor has seen what."""
        if "confirmed" not in request.POST:
            return self._ask(request, mailings, "cancel", _("Cancel for good"))
        self._steer(request, mailings, partial(cancel_mailing, now=timezone.now()))
        return None

    @admin.action(permissions=["steer"], description=_("Reschedule …"))
    def reschedule(self, request: HttpRequest, mailings: QuerySet[Mailing]) -> HttpResponse | None:
        """Give another time."""
        form = TimeForm(request.POST if "confirmed" in request.POST else None)
        if not form.is_valid():
            return self._ask(request, mailings, "reschedule", _("Reschedule"), form=form)
        when = form.cleaned_data | {
            "timing": Timing(form.cleaned_data["timing"]),
            "past_zones": PastZones(form.cleaned_data["past_zones"]),
        }
        self._steer(request, mailings, partial(reschedule_mailing, **when))
        return None

    def _steer(self, request: HttpRequest, mailings: QuerySet[Mailing], verb: Verb) -> None:
        """Do it to each, and say of each what it is now, or why not."""
        for mailing in mailings:
            try:
                verb(mailing)
            except (MastheadError, ValueError) as error:
                self.message_user(request, str(error), messages.ERROR)
                continue
            self.message_user(request, f"{mailing}: {mailing.get_state_display()}")
        transaction.on_commit(wake_scheduler)

    def _ask(
        self,
        request: HttpRequest,
        mailings: QuerySet[Mailing],
        action: str,
        title: Any,
        *,
        form: forms.Form | None = None,
    ) -> HttpResponse:
        """Show what the action is about to do, with the mailings' readers."""
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "action": action,
            "form": form,
            "opts": Mailing._meta,  # noqa: SLF001 - Django's public name for it
            "rows": [(mailing, _count_readers(mailing)) for mailing in mailings],
        }
        return TemplateResponse(request, "web/steering.html", context)


def _count_readers(mailing: Mailing) -> int:
    """Return how many may be written to, about; a draft has no time yet, but has readers."""
    now = read_clock(mailing)
    mailing.scheduled_at = mailing.scheduled_at or now
    return sum(wave.readers for wave in count_waves(mailing, now=now))
