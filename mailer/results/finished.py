"""The figures of mailings that have just ended: counted before anybody waits for them."""

from __future__ import annotations

import datetime as dt

from mailer.models import Figure, Mailing, MailingState
from mailer.results.counting import OF_MAILINGS
from mailer.results.figures import keep_figure

# One that ended longer ago is counted when somebody looks.
LATELY = dt.timedelta(days=1)
OVER = (MailingState.SENT, MailingState.CANCELLED)


def count_finished(*, now: dt.datetime) -> int:
    """Count each figure of mailings that ended lately and was not counted since; return how many.

    What comes back later is counted when somebody looks (see ``figures``).
    """
    ended = Mailing.objects.filter(state__in=OVER, finished_at__gt=now - LATELY)
    counted = 0
    for mailing_id, finished_at in ended.values_list("pk", "finished_at"):
        about = str(mailing_id)
        own = Figure.objects.filter(about=about, kind__in=OF_MAILINGS, counted_at__gte=finished_at)
        known = set(own.values_list("kind", flat=True))
        for kind in OF_MAILINGS:
            if kind not in known:
                keep_figure(kind, about, now=now)
                counted += 1
    return counted
