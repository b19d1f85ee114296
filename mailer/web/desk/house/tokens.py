"""Tokens for the institution's own programs: made, shown once, withdrawn."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from mailer.models import ApiToken, Scope
from mailer.web.desk.audit import record
from mailer.web.desk.entry import FORM, Desk, desk_page, show
from mailer.web.desk.permissions import Act

LARGEST_ID = 2**63 - 1
# Beyond this nobody knows any more what each is for.
MOST = 20


class TokenForm(forms.Form):
    """What a token is for, and what it may."""

    name = forms.CharField(
        label=_("What it is for"), max_length=100, help_text=_("Such as “the members' database”.")
    )
    scope = forms.ChoiceField(label=_("What it may"), choices=Scope.choices, initial=Scope.READ)


@desk_page(Act.SETTINGS, methods=FORM)
def show_tokens(request: HttpRequest, desk: Desk) -> HttpResponse:
    """List the tokens; make one, and show it this one time."""
    form = TokenForm(request.POST if request.method == "POST" else None)
    tokens = ApiToken.objects.filter(publication=desk.publication)
    made, secret = None, ""
    if form.is_valid():
        if tokens.filter(withdrawn_at=None).count() >= MOST:
            form.add_error(None, _("There are 20 already: withdraw one first."))
        else:
            made, secret = _make(desk, form)
            form = TokenForm()
    status = 422 if form.is_bound else 200
    context = {"form": form, "tokens": tokens, "made": made, "secret": secret}
    return show(request, desk, "house/tokens", status=status, **context)


def _make(desk: Desk, form: TokenForm) -> tuple[ApiToken, str]:
    name, scope = form.cleaned_data["name"], Scope(form.cleaned_data["scope"])
    with transaction.atomic():
        made = ApiToken.make(
            desk.publication, name=name, scope=scope, user=desk.user, now=timezone.now()
        )
        record(desk, "made a token", made[0], after={"may": scope.label})
    return made


@desk_page(Act.SETTINGS, methods=FORM)
def withdraw_token(request: HttpRequest, desk: Desk, token_id: int) -> HttpResponse:
    """Withdraw a token, when its beginning was typed: from now on nobody is let in by it."""
    row = get_object_or_404(
        ApiToken, pk=min(token_id, LARGEST_ID), publication=desk.publication, withdrawn_at=None
    )
    if request.method != "POST":
        return show(request, desk, "house/withdraw", token=row)
    if request.POST.get("hint", "").strip().rstrip(".\N{HORIZONTAL ELLIPSIS}") != row.hint:
        wrong = f"Nothing was withdrawn. Type how the token begins, {row.hint}."
        return show(request, desk, "house/withdraw", token=row, wrong=wrong, status=422)
    with transaction.atomic():
        ApiToken.objects.filter(pk=row.pk).update(withdrawn_at=timezone.now())
        record(desk, "withdrew a token", row)
    messages.success(request, f"Nobody is let in by {row.name} any more.")
    return redirect("desk:tokens", desk.publication.slug)
