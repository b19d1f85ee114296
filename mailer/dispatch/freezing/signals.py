"""What is counted of a mailing's readers, and the links that make it so.

A message has one token of its own, in every link: signing each link would cost a sender more
than the whole merge. Where nothing is counted the message has no such slot, and costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings

from mailer.message.identity import OF_DELIVERY, OF_EDITION, signal_token
from mailer.models import Mailing
from mailer.models.keys import identity_key
from mailer.rendering.signals import count_links
from mailer.types import Signals, SlotName, Target, slot

_BY_AMOUNT = tuple(Signals)


def choose_signals(mailing: Mailing) -> Signals:
    """Return what is counted: the least that the installation and each of the lists allows."""
    allowed = [settings.SIGNALS, *mailing.lists.values_list("signals", flat=True)]
    return min((Signals(each) for each in allowed), key=_BY_AMOUNT.index)


def add_signals(page: str, signals: Signals) -> tuple[str, tuple[Target, ...]]:
    """Return the page as it is sent, and the targets of its links in the order of their numbers."""
    if signals is Signals.OFF:
        return page, ()
    base, token = settings.PUBLIC_URL, slot(SlotName.SIGNAL)
    # Without a person an opening says nothing: the pictures' cache would count, not readers.
    pixel = f"{base}/o/{token}.gif" if signals is Signals.PEOPLE else ""
    return count_links(page, lambda number: f"{base}/c/{token}/{number}", pixel)


def signal_maker(signals: Signals, frozen_edition_id: int) -> Callable[[int], str] | None:
    """Return what makes a delivery's token, by its number; nothing where nothing is counted."""
    key = identity_key()
    if signals is Signals.PEOPLE:
        return lambda delivery_id: signal_token(OF_DELIVERY, delivery_id, key)
    same = signal_token(OF_EDITION, frozen_edition_id, key)
    return None if signals is Signals.OFF else lambda _: same
