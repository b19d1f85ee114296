"""Each stage of SMTP with each way to go wrong, through the real worker and the ledger."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from mailer.embedded.installation import describe_programs
from mailer.models import Delivery, DeliveryState
from mailer.models.querysets import DeliveryQuerySet
from tests.faults.bad_server import STAGES, WAYS, Plan, running_bad_server
from tests.faults.impatient import PATIENCE_SECONDS
from tests.faults.row import Effort, Row
from tests.faults.scene import Scene
from tests.rig.installation import await_closed, end_program, start_counting_sink

READERS = 4
# A 5yz to the greeting or to EHLO speaks of the server, not of a message (RFC 5321 §3.1).
ABOUT_A_MESSAGE = ("MAIL", "RCPT", "DATA", "DOT")
BEFORE_MAIL = ("CONNECT", "EHLO")
MAY_REPEAT = {("DOT", "drop"), ("DOT", "stall"), ("DOT", "late")}
MORE = (("DOT", "late"), ("BODY", "reset"))
SHORT_CELLS = (
    ("CONNECT", "421"),
    ("EHLO", "drop"),
    ("MAIL", "4xx"),
    ("RCPT", "5xx"),
    ("DATA", "421"),
    ("DOT", "4xx"),
    ("DOT", "drop"),
    ("DOT", "stall"),
)
# A worker must be free again this long after its patience has ended.
FREE_SECONDS = PATIENCE_SECONDS + 5
ENDING_SECONDS = 30


def try_cells(scene: Scene, effort: Effort) -> Row:
    """Go through every cell, each by a mailing of its own in which it happens once."""
    row = Row(fault="each SMTP stage, in each way")
    cells = SHORT_CELLS if effort.short else tuple((s, w) for s in STAGES for w in WAYS)
    _try(scene, row, cells)
    return row


def try_late_and_cut(scene: Scene, _: Effort) -> Row:
    """Let a reply come after its timeout, and a connection be reset in mid-body."""
    row = Row(fault="a late reply, a reset in mid-body")
    _try(scene, row, MORE)
    return row


def _try(scene: Scene, row: Row, cells: tuple[tuple[str, str], ...]) -> None:
    row.figures |= {"cells": len(cells), "wrong states": 0, "duplicates": 0, "slowest cell, s": 0.0}
    with _impatient_sender(scene) as plan:
        for stage, way in cells:
            wrong = _try_cell(scene, row, plan, stage, way)
            if wrong:
                row.figures["wrong states"] = int(str(row.figures["wrong states"])) + 1
                row.wrong.append(f"{stage} by {way}: {wrong}")


def _try_cell(scene: Scene, row: Row, plan: Plan, stage: str, way: str) -> str:
    """Send one small mailing and return what is wrong with its end, if anything."""
    if stage in BEFORE_MAIL:
        _part(scene)  # a connection that is kept has had its greeting
    plan.set(stage, way)
    began = time.monotonic()
    run = scene.start(READERS)
    books = scene.finish(run)
    if stage == "QUIT":
        _part(scene)
    slowest = float(str(row.figures["slowest cell, s"]))
    row.figures["slowest cell, s"] = round(max(slowest, time.monotonic() - began), 2)
    row.figures["duplicates"] = int(str(row.figures["duplicates"])) + books.duplicates
    refused = 1 if way == "5xx" and stage in ABOUT_A_MESSAGE else 0
    expected = {DeliveryState.ACCEPTED: READERS - refused}
    expected |= {DeliveryState.FAILED: refused} if refused else {}
    failed = Delivery.objects.filter(mailing=run.mailing, state=DeliveryState.FAILED)
    complaints = {
        "the fault did not happen": not plan.fired,
        f"{books.states} in the ledger": books.states != {str(k): v for k, v in expected.items()},
        f"{books.wrong} states that the server does not confirm": books.wrong,
        f"{books.lost} lost": books.lost,
        f"{books.duplicates} twice": books.duplicates > ((stage, way) in MAY_REPEAT),
        f"failed: {_tell(failed)}": failed.exclude(reply_code=554).exists(),
    }
    return "; ".join(words for words, is_so in complaints.items() if is_so)


def _tell(failed: DeliveryQuerySet) -> str:
    """Return the ledger's own words on what failed."""
    fields = ("reply_stage", "reply_code", "reply_text", "note", "attempts")
    return repr(list(failed.values_list(*fields)))


def _part(scene: Scene) -> None:
    """End the sender, which parts from its server, and start it anew."""
    process = scene.place.processes.running["sender"].process
    process.terminate()
    process.wait(ENDING_SECONDS)
    scene.restart("sender", _impatient_command())
    scene.await_workers()


@contextmanager
def _impatient_sender(scene: Scene) -> Iterator[Plan]:
    """Put the bad server into the sink's place, and a sender before it that waits for seconds."""
    end_program(scene.place.processes, "counting-sink")
    end_program(scene.place.processes, "sender")
    await_closed(scene.port)
    with running_bad_server(scene.port, scene.log.path) as plan:
        scene.restart("sender", _impatient_command())
        scene.await_workers()
        yield plan
        end_program(scene.place.processes, "sender")
    await_closed(scene.port)
    start_counting_sink(scene.place, scene.log.path, scene.port)
    scene.restart("sender")
    scene.await_workers()


def _impatient_command() -> list[str]:
    command = describe_programs()["sender"]
    command = [each.replace("mailer.celery", "tests.faults.impatient") for each in command]
    command[command.index("--concurrency") + 1] = "1"  # so that it is known who meets the fault
    return command
