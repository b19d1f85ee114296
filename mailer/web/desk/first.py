"""The first start: the first admin, the publication, and its sample issue.

Whoever reaches a new installation first must not become its admin: the page's address carries a
token that ``serve`` prints where only its administrator reads. It is good until there is a person.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from allauth.account.models import EmailAddress
from django import forms
from django.conf import settings
from django.contrib.auth import login, password_validation
from django.contrib.auth.models import User
from django.core import signing
from django.core.validators import EmailValidator
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from mailer.content.read import read_issue
from mailer.models import Publication, Role
from mailer.types import Document
from mailer.web.desk.audit import record
from mailer.web.desk.entry import Desk
from mailer.web.desk.taking_in import keep
from subscribers import consent
from subscribers.consent import Evidence
from subscribers.models import List

SALT = "masthead: the first start"
SAMPLE = settings.BASE_DIR / "mailer" / "demo" / "issues" / "sample.en.md"
ALLAUTH = "allauth.account.auth_backends.AuthenticationBackend"


class FirstForm(forms.Form):
    """Who you are, and what you publish."""

    email = forms.EmailField(
        label=_("Your address"), help_text=_("You log in with it. You are the first admin.")
    )
    password = forms.CharField(
        label=_("A password"),
        strip=False,
        help_text=_("12 characters or more."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    name = forms.CharField(label=_("The publication's name"), max_length=200)
    sender_name = forms.CharField(
        label=_("Who sends it"), max_length=200, help_text=_("What readers see as the sender.")
    )
    sender_address = forms.CharField(
        label=_("The sender's address"),
        max_length=320,
        validators=[EmailValidator()],
        help_text=_("Its domain is what readers' servers judge the mail by."),
    )
    sample = forms.BooleanField(
        label=_("Put a sample issue in it, to try things with"), required=False, initial=True
    )

    def clean_password(self) -> str:
        """Refuse one that is easily guessed."""
        password = str(self.cleaned_data["password"])
        password_validation.validate_password(password)
        return password


def first_url() -> str:
    """Return the address of the first start, or nothing when somebody is there already."""
    if User.objects.exists():
        return ""
    token = signing.Signer(salt=SALT).sign("first")
    return str(settings.LISTEN_URL + reverse("desk:first", args=[token]))


@never_cache
def begin(request: HttpRequest, token: str) -> HttpResponse:
    """Ask for the first admin and the publication, and make both."""
    try:
        signing.Signer(salt=SALT).unsign(token)
    except signing.BadSignature as error:
        raise Http404 from error
    if User.objects.exists():
        return redirect("desk:publications")
    form = FirstForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return render(request, "desk/first.html", {"form": form})
    with transaction.atomic():
        desk = _make(form.cleaned_data)
    if form.cleaned_data["sample"]:
        keep(desk, _read_sample(desk.publication))
    login(request, desk.user, backend=ALLAUTH)
    return redirect("desk:today", desk.publication.slug)


def _make(found: dict[str, Any]) -> Desk:
    """Make the admin, the publication, and a private list with the admin on it, to try with."""
    email = found["email"].lower()
    user = User.objects.create_superuser(email[:150], email=email, password=found["password"])
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    publication = Publication.objects.create(
        name=found["name"],
        slug=slugify(found["name"])[:63] or "bulletin",
        sender_name=found["sender_name"],
        sender_address=found["sender_address"],
    )
    test = List.objects.create(
        name="Test readers", slug="test-readers", public=False, double_opt_in=False
    )
    publication.lists.add(test)
    consent.subscribe(email, test, evidence=Evidence(method="first start"), now=timezone.now())
    desk = Desk(user=user, publication=publication, role=Role.ADMIN)
    record(desk, "began", publication, after={"sender": publication.sender_address})
    return desk


def _read_sample(publication: Publication) -> Document:
    """Return the sample issue under the publication's own name."""
    return replace(read_issue(SAMPLE), publication=publication.name)
