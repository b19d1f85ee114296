"""Test messages from the desk: to named people, as a chosen reader, and what that one would see."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from mailer.dispatch.tasks import wake_tester
from mailer.dispatch.trials.order import MOST_AT_ONCE, order_trials
from mailer.dispatch.trials.reader import Sight
from mailer.errors import InvalidAddress, MastheadError
from mailer.models import Edition, Issue, Trial, TrialState
from mailer.web.desk.audit import record
from mailer.web.desk.entry import FORM, Desk, desk_page, show
from mailer.web.desk.issues import find_issue, name_language
from mailer.web.desk.permissions import Act
from mailer.web.desk.sight import find_sight
from subscribers.addresses import normalise

SHOWN_TRIALS = 20
LONGEST_FIELD = 4_000


class TrialForm(forms.Form):
    """To whom a test goes, of which edition, and whether its subject says that it is one."""

    language = forms.ChoiceField(label=_("Edition"))
    addresses = forms.CharField(
        label=_("To"),
        max_length=LONGEST_FIELD,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
        help_text=_("Up to %(most)d addresses, parted by commas or lines.")
        % {"most": MOST_AT_ONCE},
    )
    marked = forms.BooleanField(
        label=_("Begin the subject with [Test]"), required=False, initial=True
    )
    reader = forms.CharField(required=False, widget=forms.HiddenInput, max_length=320)

    def __init__(self, *args: Any, editions: list[Edition], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice: Any = self.fields["language"]
        choice.choices = [(each.language, name_language(each.language)) for each in editions]

    def clean_addresses(self) -> list[str]:
        """Return the addresses, each once, as they are compared."""
        given = [each for each in re.split(r"[\s,;]+", self.cleaned_data["addresses"]) if each]
        try:
            return list(dict.fromkeys(normalise(each) for each in given))
        except InvalidAddress as error:
            raise forms.ValidationError(str(error)) from error


@desk_page(Act.SIGN, methods=FORM)
def try_issue(request: HttpRequest, desk: Desk, number: int) -> HttpResponse:
    """Ask to whom a test goes, send it, and tell what became of those before."""
    issue = find_issue(desk, number)
    editions = list(issue.editions.select_related("issue__publication").order_by("language"))
    sight, wanted, unknown = find_sight(request, desk, issue)
    initial: dict[str, Any] = {"addresses": desk.user.email}
    if sight is not None:
        initial |= {"language": sight.edition.language, "reader": wanted}
    data = request.POST if request.method == "POST" else None
    form = TrialForm(data, editions=editions, initial=initial)
    if (
        request.method == "POST"
        and form.is_valid()
        and _order(request, desk, form, editions, sight)
    ):
        return redirect("desk:try", desk.publication.slug, number)
    trials = _list_trials(issue)
    fragment = request.headers.get("HX-Request") == "true"
    return show(
        request,
        desk,
        "trials/sent" if fragment else "trials/page",
        issue=issue,
        form=form,
        editions=editions,
        sight=sight,
        sight_language=name_language(sight.edition.language) if sight else "",
        wanted=wanted,
        unknown=unknown,
        trials=trials,
        live=any(each.state == TrialState.WAITING for each in trials),
    )


def _order(
    request: HttpRequest, desk: Desk, form: TrialForm, editions: list[Edition], sight: Sight | None
) -> bool:
    """Keep the tests that were asked for; or say why not."""
    found = form.cleaned_data
    edition = next(each for each in editions if each.language == found["language"])
    try:
        with transaction.atomic():
            order_trials(
                edition,
                found["addresses"],
                reader=sight.reader if sight else None,
                marked=found["marked"],
                user=desk.user,
                now=timezone.now(),
            )
            after = {"to": ", ".join(found["addresses"])}
            record(desk, "sent a test", edition, after=after)
            transaction.on_commit(wake_tester)
    except MastheadError as error:
        form.add_error("addresses", str(error))
        return False
    messages.success(request, "It is on its way. Below stands what the mail server says.")
    return True


def _list_trials(issue: Issue) -> list[Trial]:
    rows = Trial.objects.filter(edition__issue=issue).select_related("edition", "reader", "user")
    return list(rows[:SHOWN_TRIALS])
