"""What a search for people means: a whole address is looked up, a part of anything looked for."""

from __future__ import annotations

import unicodedata

from django.db import connection
from django.db.models import Q, Value
from django.db.models.functions import Lower

from mailer.errors import InvalidAddress
from subscribers.addresses import normalise
from subscribers.models import SearchEntry, Subscriber
from subscribers.names import clean_name
from subscribers.searching.entering import read_mark, without_entry

# Of people and entries together the database can't tell who comes first on the page without
# having them all. Who are more than so many are met soon by reading people in the page's order.
MOST_TOGETHER = 20_000


def match(search: str) -> Q:
    """Return the condition of whom a search finds: by their address, or by a part of it or a name.

    Great and small letters are one, and ``%`` and ``_`` stand for themselves.
    """
    try:
        return Q(email_normalised=normalise(search))
    except InvalidAddress:
        text = clean_name(search)
    if connection.vendor != "postgresql":
        return _by_reading(text)
    entered = SearchEntry.objects.filter(_by_index(text)).values("pk")
    # The few who have come since are read, so that nobody has to wait for the index.
    late = without_entry(Subscriber.objects.filter(_by_reading(text), pk__gt=read_mark()))
    if not late.exists():
        return Q(pk__in=entered)
    found = entered.union(late.order_by().values("pk"), all=True)
    are_many = bool(found[MOST_TOGETHER : MOST_TOGETHER + 1])
    return _by_reading(text) if are_many else Q(pk__in=found)


def _by_index(text: str) -> Q:
    """Return the condition on entries, whose small letters are those of the database."""
    composed = unicodedata.normalize("NFC", text)
    # Python and the database differ about a few, such as the Turkish İ: either may be meant.
    forms = {composed} if composed.isascii() else {composed, composed.lower()}
    found = Q()
    for form in sorted(forms):
        found |= Q(text__contains=Lower(Value(form)))
    return found


def _by_reading(text: str) -> Q:
    """Return the condition on people; their names are as they were given, composed or not."""
    found = Q()
    for form in sorted({text, *(unicodedata.normalize(each, text) for each in ("NFC", "NFD"))}):
        found |= Q(email_normalised__contains=form.lower()) | Q(name__icontains=form)
    return found
