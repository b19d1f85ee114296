"""Sending the demo's mailings as an editor would, and watching until everything is in."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import F
from django.utils import timezone

from mailer.demo.behaviour import Behaviour, find_behaviour
from mailer.demo.cast import Stage
from mailer.demo.figures import RETURNS, Account, Observation, SentAgain, observe, settle
from mailer.demo.mailboxes import Mailboxes
from mailer.demo.people import Person
from mailer.demo.progress import Meter
from mailer.demo.reactions import REACTIONS
from mailer.dispatch.control.schedule import create_mailing, schedule_mailing
from mailer.dispatch.tasks import wake_scheduler
from mailer.embedded.processes import ProcessFailed
from mailer.models import Delivery, DeliveryState, Mailing, MailingState
from mailer.results.report import Report, summarise

LOOK_SECONDS = 0.2
# The slowest thing that may happen without anything being broken: a lease that runs out, a
# sweep, a retry. Sending on a busy machine makes progress all the time.
STALLED_SECONDS = 60
RETURNED_SECONDS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """What sends a mailing and sees it through: the people, the world, and a look at the servers.

    ``check`` raises ProcessFailed if one of the demo's own processes has died.
    """

    stage: Stage
    people: Sequence[Person]
    mailboxes: Mailboxes
    check: Callable[[], None]

    def send(self, meter: Meter, *, gone: Mapping[str, Behaviour]) -> Account:
        """Send the issue to the lists' segment and return the account, once all is in."""
        refused_before = len(self.mailboxes.refusals())
        began = time.monotonic()
        mailing = self._schedule()
        self._follow(mailing, meter)
        seconds = time.monotonic() - began
        name = f"mailing-{mailing.pk}"
        self._await_reactions(name, meter)
        seen = observe(self.mailboxes, name, after_refusal=refused_before)
        report = self._await_report(mailing, seen)
        again = find_sent_again(mailing)
        return settle(
            report, seen, self.people, gone_before=gone, sent_again=again, seconds=seconds
        )

    def _schedule(self) -> Mailing:
        now = timezone.now()
        mailing = create_mailing(
            self.stage.issue, lists=self.stage.lists, segment=self.stage.segment, now=now
        )
        schedule_mailing(mailing, at=now)
        wake_scheduler()
        return mailing

    def _follow(self, mailing: Mailing, meter: Meter) -> None:
        """Wait until the mailing has ended. Raises ProcessFailed if nothing moves any more."""
        last: object = None
        moved = time.monotonic()
        while mailing.state != MailingState.SENT:
            time.sleep(LOOK_SECONDS)
            self.check()
            mailing.refresh_from_db()
            states = Delivery.objects.filter(mailing=mailing).count_by_state()
            _show(meter, states)
            if (mailing.state, states) != last:
                last, moved = (mailing.state, states), time.monotonic()
            if mailing.problem or time.monotonic() - moved > STALLED_SECONDS:
                raise ProcessFailed(
                    f"{mailing} does not go on ({mailing.state}): "
                    f"{mailing.problem or 'see the logs in the demo folder'}."
                )
        _show(meter, Delivery.objects.filter(mailing=mailing).count_by_state())

    def _await_reactions(self, name: str, meter: Meter) -> None:
        """Wait until all readers who react have done so, or for so long."""
        delivered = self.mailboxes.deliveries(name)
        expected = sum(find_behaviour(who) in REACTIONS for who, _, _ in delivered)
        end = time.monotonic() + RETURNED_SECONDS
        done = 0
        while done < expected and time.monotonic() < end:
            self.check()
            done = len(self.mailboxes.reactions(name))
            meter.show(len(delivered), len(delivered), f"{done} of {expected} readers reacted")
            time.sleep(LOOK_SECONDS)

    def _await_report(self, mailing: Mailing, seen: Observation) -> Report:
        """Return the ledger's figures when what came back has been handled, or after so long."""
        end = time.monotonic() + RETURNED_SECONDS
        report = summarise(mailing)
        while not _has_returns(report, seen) and time.monotonic() < end:
            time.sleep(LOOK_SECONDS)
            report = summarise(mailing)
        return report


def find_sent_again(mailing: Mailing) -> dict[str, SentAgain]:
    """Return whose accepted messages had attempts that no reply ended, by address."""
    rows = Delivery.objects.filter(
        mailing=mailing, state=DeliveryState.ACCEPTED, attempts__gt=F("deferrals") + 1
    )
    return {
        email.lower(): SentAgain(times=attempts - deferrals - 1, deferred=deferrals > 0)
        for email, attempts, deferrals in rows.values_list("email", "attempts", "deferrals")
    }


def _has_returns(report: Report, seen: Observation) -> bool:
    return all(
        getattr(report, name) >= len(seen.reactions.get(behaviour, ()))
        for name, behaviour in RETURNS.items()
    )


def _show(meter: Meter, states: Mapping[str, int]) -> None:
    skipped = states.get("skipped", 0)
    total = sum(states.values()) - skipped
    done = states.get("accepted", 0) + states.get("failed", 0)
    note = f"{states.get('deferred', 0)} to be tried again, {skipped} skipped"
    meter.show(done, total, note)
