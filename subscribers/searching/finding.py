"""What a search for people means: a whole address is looked up, a part of anything looked for."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Lower

from mailer.errors import InvalidAddress
from subscribers.addresses import normalise
from subscribers.models import SearchEntry, Subscriber
from subscribers.names import clean_name
from subscribers.searching.entering import read_mark, without_entry

# Of people and entries together the database can't tell who comes first on the page without
# having them all. Who are more than so many are met soon by reading people in the page's order.
MOST_TOGETHER = 20_000
# The index holds words in parts of three letters. With fewer it knows how words begin, and no more.
SHORTEST_PART = 3
MOST_LISTED = 1_000  # ids that are given to the database as they are
# What a word begins behind, in addresses and in names. Named one by one: a pattern for them all is
# none that the index can be asked for.
BEFORE_WORD = (" ", "@", ".", "-", "_", "+")


def match(search: str) -> Q:
    """Return the condition of whom a search finds: by their address, or by a part of it or a name.

    Great and small letters are one, and ``%`` and ``_`` stand for themselves. So short a text as
    ``is_beginning`` tells is looked for where words begin.
    """
    try:
        return Q(email_normalised=normalise(search))
    except InvalidAddress:
        text = clean_name(search)
    if connection.vendor != "postgresql":
        return _by_reading(text)
    entered = SearchEntry.objects.filter(_by_index(text)).values_list("pk", flat=True)
    # The few who have come since are read, so that nobody has to wait for the index.
    late = without_entry(Subscriber.objects.filter(_by_reading(text), pk__gt=read_mark()))
    if not late.exists():
        return Q(pk__in=_list_few(entered) if is_beginning(text) else entered)
    found = entered.union(late.order_by().values("pk"), all=True)
    are_many = bool(found[MOST_TOGETHER : MOST_TOGETHER + 1])
    return _by_reading(text) if are_many else Q(pk__in=found)


def _list_few(entered: QuerySet[Any, Any]) -> Iterable[int] | QuerySet[Any, Any]:
    """Return the ids themselves where they are few, or else the query.

    The database takes whom so many conditions find for a thousand at least, and would read all in
    the page's order to come to fifty of them, who may not be there.
    """
    few = list(entered.order_by()[: MOST_LISTED + 1])
    return few if len(few) <= MOST_LISTED else entered


def is_beginning(search: str) -> bool:
    """Tell whether a search is so short that words must begin with it: one or two letters.

    Other alphabets' are looked for anywhere: two signs may be a whole name there.
    """
    text = clean_name(search)
    return 0 < len(text) < SHORTEST_PART and text.isascii() and text.isalnum()


def _by_index(text: str) -> Q:
    """Return the condition on entries, whose small letters are those of the database."""
    if is_beginning(text):
        begins = Q(text__startswith=text.lower())
        for mark in ("\n", *BEFORE_WORD):  # a name stands on a line of its own
            begins |= Q(text__contains=f"{mark}{text.lower()}")
        return begins
    composed = unicodedata.normalize("NFC", text)
    # Python and the database differ about a few, such as the Turkish İ: either may be meant.
    forms = {composed} if composed.isascii() else {composed, composed.lower()}
    found = Q()
    for form in sorted(forms):
        found |= Q(text__contains=Lower(Value(form)))
    return found


def _by_reading(text: str) -> Q:
    """Return the condition on people; their names are as they were given, composed or not."""
    if is_beginning(text):
        begins = Q(email_normalised__startswith=text.lower()) | Q(name__istartswith=text)
        for mark in BEFORE_WORD:
            word = f"{mark}{text.lower()}"
            begins |= Q(email_normalised__contains=word) | Q(name__icontains=word)
        return begins
    found = Q()
    for form in sorted({text, *(unicodedata.normalize(each, text) for each in ("NFC", "NFD"))}):
        found |= Q(email_normalised__contains=form.lower()) | Q(name__icontains=form)
    return found
