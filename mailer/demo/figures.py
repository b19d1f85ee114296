"""The demo's figures: each one counted by the sender, and once more by the world.

The sender's are read from its ledger, the world's from its own file and from the people
themselves. A figure is right only if both say the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mailer.demo.behaviour import GONE_AFTERWARDS, Behaviour
from mailer.demo.expectation import Expectation, expect
from mailer.demo.mailboxes import Mailboxes
from mailer.demo.people import Person
from mailer.results.report import Report

NO_SUCH_MAILBOX, FULL = 550, 452


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What the world saw of one mailing; addresses are in lower case.

    ``delivered`` has an entry for each message kept: (recipient, Message-ID, envelope sender).
    ``reactions`` are those that the sender's side took.
    """

    delivered: tuple[tuple[str, str, str], ...] = ()
    refused: frozenset[str] = frozenset()
    turned_away: frozenset[str] = frozenset()
    reactions: Mapping[Behaviour, frozenset[str]] = field(default_factory=dict)
    problems: tuple[str, ...] = ()

    @property
    def reached(self) -> frozenset[str]:
        """Return whose mailboxes it came to."""
        return frozenset(recipient for recipient, _, _ in self.delivered)

    @property
    def repeated(self) -> int:
        """Return how many messages came to a mailbox that had the mailing already."""
        return len(self.delivered) - len(self.reached)

    @property
    def gone(self) -> dict[str, Behaviour]:
        """Return who must not be written to again, and what they did."""
        found = dict.fromkeys(self.refused, Behaviour.REFUSES)
        for behaviour, people in self.reactions.items():
            found |= dict.fromkeys(people, behaviour)
        return {who: behaviour for who, behaviour in found.items() if behaviour in GONE_AFTERWARDS}


@dataclass(frozen=True, slots=True, kw_only=True)
class SentAgain:
    """What the ledger says of a message that was under way when its sender died.

    It was handed over so many ``times`` once more, for nobody had seen the reply; if that had
    been "mailbox full", the ledger knows of no deferral, or is ``deferred`` by a later one.
    """

    times: int
    deferred: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One figure, as the sender has it and as it must be."""

    name: str
    ours: int
    theirs: int

    @property
    def is_right(self) -> bool:
        """Tell whether both say the same."""
        return self.ours == self.theirs

    def __str__(self) -> str:
        return f"{self.name} is off: the sender has {self.ours}, and it must be {self.theirs}."


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A mailing's books, from both sides; ``seconds`` from its schedule to its last reply."""

    report: Report
    seen: Observation
    expected: Expectation
    gone_before: frozenset[str] = frozenset()
    sent_again: Mapping[str, SentAgain] = field(default_factory=dict)
    seconds: float

    @property
    def lost(self) -> int:
        """Return how many were to be reached and were neither reached nor refused for good."""
        return len(self.expected.recipients - self.seen.reached - self.seen.refused)

    @property
    def repeats_known(self) -> int:
        """Return how many messages came once more and are known to the ledger to have."""
        copies = Counter((who, sender) for who, _, sender in self.seen.delivered)
        return sum(
            min(count - 1, self.sent_again[who].times)
            for (who, _), count in copies.items()
            if who in self.sent_again
        )

    @property
    def deferred_then_accepted(self) -> int:
        """Return how many were turned away as full, with a reply that was seen, and kept later."""
        unseen = {who for who, each in self.sent_again.items() if not each.deferred}
        turned_away = self.seen.turned_away
        found = {who for who, _, sender in self.seen.delivered if sender in turned_away}
        return len(found - unseen)

    def lines(self) -> Iterator[Line]:
        """Yield every figure with its counterpart."""
        report, seen, expected = self.report, self.seen, self.expected
        yield Line(name="audience", ours=report.audience, theirs=expected.audience)
        for reason in sorted(report.skipped.keys() | expected.skipped.keys()):
            ours = report.skipped.get(reason, 0)
            yield Line(name=f"skipped: {reason}", ours=ours, theirs=expected.skipped[reason])
        told = report.accepted + report.failed + sum(report.skipped.values())
        yield Line(name="sum of all states", ours=told, theirs=report.audience)
        yield Line(name="accepted", ours=report.accepted, theirs=len(seen.reached))
        yield Line(
            name="deferred_then_accepted",
            ours=report.deferred_then_accepted,
            theirs=self.deferred_then_accepted,
        )
        yield Line(name="failed", ours=report.failed, theirs=len(seen.refused))
        yield Line(name="uncertain", ours=report.uncertain, theirs=0)
        yield Line(name="waiting", ours=report.waiting, theirs=0)
        for name, behaviour in RETURNS.items():
            theirs = len(seen.reactions.get(behaviour, frozenset()))
            yield Line(name=name, ours=getattr(report, name), theirs=theirs)
        yield from self._faults()

    def _faults(self) -> Iterator[Line]:
        """Yield what must be nothing: counted by the world alone."""
        tried = self.seen.reached | self.seen.refused
        yield Line(name="lost", ours=self.lost, theirs=0)
        # A killed worker's messages under way are sent again, and the ledger says which.
        yield Line(name="duplicates", ours=self.seen.repeated, theirs=self.repeats_known)
        yield Line(name="not meant", ours=len(tried - self.expected.recipients), theirs=0)
        yield Line(name="written to again", ours=len(tried & self.gone_before), theirs=0)
        yield Line(name="reactions not taken", ours=len(self.seen.problems), theirs=0)

    def wrong(self) -> list[Line]:
        """Return the figures that are off."""
        return [line for line in self.lines() if not line.is_right]

    def as_json(self) -> dict[str, Any]:
        """Return the figures for a program to read."""
        report = self.report
        return {
            "audience": report.audience,
            "skipped": dict(sorted(report.skipped.items())),
            "accepted": report.accepted,
            "deferred_then_accepted": report.deferred_then_accepted,
            "failed": report.failed,
            "bounced": report.bounced,
            "complained": report.complained,
            "unsubscribed": report.unsubscribed,
            "lost": self.lost,
            "duplicates": self.seen.repeated,
            "sent_again": sum(each.times for each in self.sent_again.values()),
            "seconds": round(self.seconds, 2),
        }


RETURNS = {
    "bounced": Behaviour.BOUNCES,
    "complained": Behaviour.COMPLAINS,
    "unsubscribed": Behaviour.LEAVES,
}


def observe(mailboxes: Mailboxes, mailing: str, *, after_refusal: int = 0) -> Observation:
    """Return what the world saw of a mailing, named as in its Feedback-ID.

    A refused message never came, so its mailing is known by its time: ``after_refusal`` is
    how many refusals there had been before.
    """
    refusals = mailboxes.refusals()[after_refusal:]
    reactions: dict[Behaviour, set[str]] = {}
    problems = []
    for who, behaviour, problem in mailboxes.reactions(mailing):
        if problem:
            problems.append(f"{who}: {problem}")
        else:
            reactions.setdefault(Behaviour(behaviour), set()).add(who)
    return Observation(
        delivered=tuple(mailboxes.deliveries(mailing)),
        refused=frozenset(who for who, _, code in refusals if code == NO_SUCH_MAILBOX),
        turned_away=frozenset(sender for _, sender, code in refusals if code == FULL),
        reactions={kind: frozenset(people) for kind, people in reactions.items()},
        problems=tuple(problems),
    )


def settle(
    report: Report,
    seen: Observation,
    people: Sequence[Person],
    *,
    gone_before: Mapping[str, Behaviour],
    sent_again: Mapping[str, SentAgain],
    seconds: float,
) -> Account:
    """Hold the sender's report against what the world saw, for these people."""
    return Account(
        report=report,
        seen=seen,
        expected=expect(people, gone_before),
        gone_before=frozenset(gone_before),
        sent_again=sent_again,
        seconds=seconds,
    )
