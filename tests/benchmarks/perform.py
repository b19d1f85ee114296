"""The benchmark's course: people and issue, sink and reference, the mailing, and its check."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable
from dataclasses import dataclass

from django.utils import timezone

from mailer.dispatch.control.schedule import create_mailing, schedule_mailing
from mailer.dispatch.tasks import wake_scheduler
from mailer.message.signing_keys import Algorithm
from mailer.models import Delivery, Issue, Mailing
from mailer.models.dkim import DkimKey
from subscribers.models import List
from tests.benchmarks.figures import gather, tell_first
from tests.benchmarks.options import Options
from tests.benchmarks.reference import run_reference
from tests.benchmarks.watch import Observation, watch
from tests.fakes.servers import free_port
from tests.rig import postfix_sink
from tests.rig.arrivals import ArrivalLog, find_lost, find_repeated
from tests.rig.bulletin import SENDER, make_edition
from tests.rig.installation import (
    await_closed,
    end_program,
    follow,
    start_counting_sink,
    start_delay,
    start_programs,
)
from tests.rig.people import make_readers, take_some
from tests.rig.place import Place

STALLED_SECONDS = 150


@dataclass(frozen=True, slots=True, kw_only=True)
class Sink:
    """A mail server that runs: its name among our processes, what it is, and its own count."""

    program: str
    title: str
    count: Callable[[], int] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What the sink that knows recipients found in a mailing to fewer of them."""

    messages: int = 0
    unsigned: int = 0
    lost: int = 0
    duplicates: int = 0


def perform(options: Options, place: Place) -> dict[str, object]:
    """Run everything and return the figures."""
    now = timezone.now()
    say(f"On {place.engines.name}: making {options.recipients:,} recipients …")
    readers = make_readers(options.recipients, "readers", now=now)
    edition, octets = make_edition(options.kilobytes, readers, now=now)
    if options.dkim:
        _start_signing(options.dkim, now)
    sink_port = free_port() if options.rtt_ms else place.smtp_port
    sink = _start_sink(options, place, sink_port)
    if options.rtt_ms:
        start_delay(place, port=place.smtp_port, behind=sink_port, rtt_ms=options.rtt_ms)
    with run_reference(options, place.smtp_port, octets) as reference:
        start_programs(place)
        say(f"Sending {options.recipients:,} messages of {octets:,} octets to {sink.title} …")
        mailing, seen = _send(edition.issue, readers, place, sink, options)
    if options.until_first:
        return tell_first(options, place, seen)
    check = _verify(options, place, sink, sink_port, edition.issue)
    states = Delivery.objects.filter(mailing=mailing).count_by_state()
    return gather(
        options,
        place,
        sink=sink.title,
        octets=octets,
        states=states,
        seen=seen,
        reference=reference(),
        check=check,
    )


def _start_signing(algorithm: str, now: dt.datetime) -> None:
    """Make a key of the sender's and sign with it: nobody looks its record up here."""
    domain = SENDER.rpartition("@")[2]
    key = DkimKey.make(domain, algorithm=Algorithm(algorithm), now=now, selector="bench")
    DkimKey.objects.filter(pk=key.pk).update(active=True)


def _send(
    issue: Issue, readers: List, place: Place, sink: Sink, options: Options
) -> tuple[Mailing, Observation]:
    """Schedule a mailing for now, as an editor does, and watch it to its end."""
    now = timezone.now()
    mailing = create_mailing(issue, lists=[readers], now=now)
    schedule_mailing(mailing, at=now)
    wake_scheduler()
    count = sink.count or (lambda: _accepted(mailing))
    return mailing, watch(mailing, place, count, until_first=options.until_first)


def _accepted(mailing: Mailing) -> int:
    return Delivery.objects.filter(mailing=mailing, state="accepted").count()


def _start_sink(options: Options, place: Place, port: int) -> Sink:
    if options.sink:
        return Sink(program="", title=f"your own sink on port {port}", count=None)
    if not options.counting and postfix_sink.find(postfix_sink.SINK):
        log = postfix_sink.start_sink(place, port)
        return Sink(program="smtp-sink", title="smtp-sink", count=lambda: postfix_sink.count(log))
    arrivals = ArrivalLog(place.folder / "arrivals")
    start_counting_sink(place, arrivals.path, port, chunking=options.chunking)
    return Sink(program="counting-sink", title="the rig's counting sink", count=arrivals.look)


def _verify(options: Options, place: Place, sink: Sink, port: int, issue: Issue) -> Check:
    """Hold the recipients one by one against what a sink that knows them wrote down.

    Where the mailing went to another sink, a smaller one goes to ours, at the same port.
    """
    log = ArrivalLog(place.folder / "arrivals")
    if sink.program == "counting-sink":
        return _check(List.objects.get(slug="readers"), log)
    if not options.verify or not sink.program:
        return Check()
    say("Checking recipients one by one …")
    end_program(place.processes, sink.program)
    await_closed(port)
    start_counting_sink(place, log.path, port)
    few = take_some(min(options.verify, options.recipients), "few", now=timezone.now())
    mailing = create_mailing(issue, lists=[few], now=timezone.now())
    schedule_mailing(mailing, at=timezone.now())
    wake_scheduler()
    follow(mailing, place, stalled_seconds=STALLED_SECONDS)
    return _check(few, log)


def _check(readers: List, log: ArrivalLog) -> Check:
    arrivals = [each for each in log.read() if each.message_id != "-"]  # not the reference's
    people = set(readers.subscriptions.values_list("subscriber__email", flat=True))
    return Check(
        messages=len(arrivals),
        unsigned=sum(not each.signatures for each in arrivals),
        lost=len(find_lost(people, arrivals)),
        duplicates=sum(find_repeated(arrivals).values()),
    )


def say(line: str) -> None:
    """Say how far things are, beside the figures."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
