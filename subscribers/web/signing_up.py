"""The form by which people join: what it asks, and writing down what was answered."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import redis
from django import forms
from django.db import transaction
from django.http import HttpRequest

from mailer.dispatch.tasks import wake_answerer
from mailer.errors import InvalidAddress
from mailer.models import Publication
from mailer.results.counters import connect
from subscribers.addresses import LONGEST_ADDRESS, normalise
from subscribers.models import ConsentText, List, SignUp
from subscribers.names import clean_name
from subscribers.web.limits import Admission, admit
from subscribers.web.peers import find_network, find_peer
from subscribers.web.proof import LONGEST_PAYLOAD, is_proven
from subscribers.web.words import LANGUAGES, Language, word_consent

LONGEST_NAME = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What a page offers: a publication, its public lists, in one language."""

    publication: Publication
    groups: Sequence[List]
    language: Language

    @property
    def consent(self) -> str:
        """Return what somebody agrees to who takes the offer."""
        return word_consent(
            self.language, publication=self.publication.name, publisher=self.publication.sender_name
        )

    @property
    def text(self) -> str:
        """Return all that they are shown of it."""
        lines = [self.publication.name]
        lines += [f"{group.name}: {group.description}".rstrip(": ") for group in self.groups]
        return "\n".join([*lines, "", self.consent])

    @property
    def version(self) -> str:
        """Return a name for this very text."""
        digest = hashlib.sha256(self.text.encode()).hexdigest()
        return f"{self.language.code}-{digest[:16]}"


def find_offer(slug: str, language: Language) -> Offer | None:
    """Return what a publication offers to the public, or None if that is nothing."""
    publication = Publication.objects.filter(slug=slug).first()
    if publication is None:
        return None
    groups = list(publication.lists.filter(public=True).order_by("name"))
    return Offer(publication=publication, groups=groups, language=language) if groups else None


class SignUpForm(forms.Form):
    """An address, which lists, and a few details. ``homepage`` is a trap: no reader sees it."""

    email = forms.CharField(max_length=LONGEST_ADDRESS)
    name = forms.CharField(max_length=LONGEST_NAME, required=False)
    language = forms.ChoiceField(
        choices=[(each.code, each.name) for each in LANGUAGES.values()], required=False
    )
    lists = forms.MultipleChoiceField()
    homepage = forms.CharField(required=False)
    altcha = forms.CharField(max_length=LONGEST_PAYLOAD, required=False)

    def __init__(self, data: Any = None, *, offer: Offer, **options: Any) -> None:
        super().__init__(data, **options)
        field = self.fields["lists"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(group.slug, group.name) for group in offer.groups]
        self.offer = offer

    def clean_email(self) -> str:
        """Refuse what is no address, by its form alone: whose it is, nobody looks up."""
        email = str(self.cleaned_data["email"])
        try:
            normalise(email)
        except InvalidAddress as error:
            raise forms.ValidationError(str(error)) from error
        return email

    def clean_name(self) -> str:
        """Return the name on one line."""
        return clean_name(self.cleaned_data["name"])

    @property
    def is_trapped(self) -> bool:
        """Tell whether a robot filled in what no reader sees."""
        return bool(self.cleaned_data["homepage"])

    def chosen(self) -> list[int]:
        """Return the numbers of the lists that were chosen."""
        wanted = set(self.cleaned_data["lists"])
        return [group.pk for group in self.offer.groups if group.slug in wanted]


def take(request: HttpRequest, form: SignUpForm, *, method: str, now: dt.datetime) -> Admission:
    """Write down what a valid form asks, within the limits, and call for its answer.

    Nothing here depends on who is known. Raises redis.RedisError: without limits nothing is
    taken.
    """
    if form.is_trapped:
        return Admission(dropped=True)
    peer = find_peer(request)
    address = normalise(form.cleaned_data["email"])
    admission = _admit(form, peer, address)
    if not (admission.refused or admission.dropped):
        _write_down(form, peer, address, method=method, now=now, delay=admission.delay)
    return admission


def _admit(form: SignUpForm, peer: str | None, address: str) -> Admission:
    client: redis.Redis = connect()
    try:
        proven = is_proven(form.cleaned_data["altcha"], client=client)
        return admit(client, network=find_network(peer), email_normalised=address, proven=proven)
    finally:
        client.close()


def _write_down(
    form: SignUpForm,
    peer: str | None,
    address: str,
    *,
    method: str,
    now: dt.datetime,
    delay: dt.timedelta,
) -> None:
    offer = form.offer
    with transaction.atomic():
        ConsentText.objects.get_or_create(
            version=offer.version,
            defaults={
                "language": offer.language.code,
                "text": offer.text,
                "first_shown_at": now,
            },
        )
        SignUp.objects.create(
            email=form.cleaned_data["email"].strip(),
            email_normalised=address,
            name=form.cleaned_data["name"],
            language=form.cleaned_data["language"] or offer.language.code,
            lists=form.chosen(),
            method=method,
            form_version=offer.version,
            ip_address=peer,
            asked_at=now,
            due_at=now + delay,
        )
        if not delay:
            transaction.on_commit(wake_answerer)
