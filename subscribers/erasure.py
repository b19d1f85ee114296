"""Forgetting a person: what is kept is a mark that only their own address makes.

The mark stands in the place of the address, in the evidence of consent and in a suppression,
so that no import brings the person back and nobody can read who it was. It is an HMAC under
a key of the installation: a table of addresses does not tell whose it is.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections.abc import Callable, Iterable
from functools import cache

from django.conf import settings
from django.db import transaction

from mailer.macs import prepare_mac
from subscribers.bulk import among
from subscribers.guard import ERASED_PREFIX
from subscribers.models import (
    ConsentAction,
    ConsentRecord,
    SignUp,
    Subscriber,
    Suppression,
    SuppressionReason,
)
from subscribers.suppression import lift, suppress

ORIGIN = "erasure"


def mark_of(email_normalised: str) -> str:
    """Return what stands for an address that was erased."""
    return ERASED_PREFIX + _prepare()(email_normalised.encode()).hex()


def erase(person: Subscriber, *, method: str, now: dt.datetime) -> str:
    """Delete a person and all that names them here; return the mark that stays.

    The evidence stays without its address, and says that they asked for it.
    """
    address = person.email_normalised
    mark = mark_of(address)
    with transaction.atomic():
        ConsentRecord.objects.create(
            subscriber=person, email=address, action=ConsentAction.ERASED, method=method, at=now
        )
        ConsentRecord.objects.of_person(person, address).forget(mark)
        Suppression.objects.filter(email_normalised=address).delete()
        SignUp.objects.filter(email_normalised=address).delete()
        suppress(mark, reason=SuppressionReason.ERASED, origin=ORIGIN, now=now)
        person.delete()
    return mark


def find_erased(addresses: Iterable[str]) -> set[str]:
    """Return those of some normalised addresses whose owners asked to be forgotten."""
    erased = Suppression.objects.filter(list=None, reason=SuppressionReason.ERASED)
    if not erased.exists():
        return set()
    marks = {mark_of(address): address for address in addresses}
    found = erased.filter(email_normalised__in=among(marks)).values_list(
        "email_normalised", flat=True
    )
    return {marks[mark] for mark in found}


def remember(email_normalised: str) -> bool:
    """Let somebody back who was erased and has confirmed that they want to be; say if they were."""
    return lift(mark_of(email_normalised))


@cache
def _prepare() -> Callable[[bytes], bytes]:
    secret = settings.SECRET_KEY.encode()
    return prepare_mac(hmac.digest(secret, b"masthead: erased people", hashlib.sha256))
