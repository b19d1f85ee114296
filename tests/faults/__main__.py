"""Break things and count: ``python -m tests.faults``, as ``./masthead faults`` does."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from tests.faults.row import Effort, Row
from tests.faults.settings import SETTINGS
from tests.rig.place import own_place

if TYPE_CHECKING:
    from tests.faults.acts import Act
    from tests.faults.scene import Scene

DEFAULT_KILLS, SHORT_KILLS = 40, 6
PEOPLE = 4_000


def main(arguments: Sequence[str]) -> int:
    """Run the rows and return the exit code: 1 if a figure is off."""
    options = _parse(arguments)
    signal.signal(signal.SIGTERM, _interrupt)
    kills = options.kills or (SHORT_KILLS if options.short else DEFAULT_KILLS)
    effort = Effort(kills=kills, short=options.short)
    try:
        rows = run(effort, options.only, options.engines)
    except KeyboardInterrupt:
        return 130
    if not rows:
        sys.stderr.write(f"masthead: there is no fault named {options.only!r}\n")
        return 2
    if options.json:
        sys.stdout.write(f"{json.dumps([_as_json(row) for row in rows])}\n")
    else:
        _print(rows)
    return 1 if any(row.wrong for row in rows) else 0


def run(effort: Effort, only: str, engines: Path | None) -> list[Row]:
    """Make the scene, let each fault happen, and return what came of it."""
    rows = []
    with own_place(servers=True, settings=SETTINGS, engine_folder=engines) as place:
        from tests.faults.acts import ACTS  # noqa: PLC0415 - imports the models
        from tests.faults.scene import Scene  # noqa: PLC0415 - as above

        acts = {name: act for name, act in ACTS.items() if not only or name in only.split(",")}
        if acts:
            scene = Scene(place, PEOPLE)
            scene.open()
        for name, act in acts.items():
            began = time.monotonic()
            rows.append(_try(name, act, scene, effort))
            rows[-1].figures["seconds"] = round(time.monotonic() - began, 1)
            sys.stderr.write(f"{name}: {rows[-1].figures} {rows[-1].wrong or 'as it must be'}\n")
    return rows


def _try(name: str, act: Act, scene: Scene, effort: Effort) -> Row:
    """Let one fault happen; that it could not be finished is a finding too."""
    try:
        return act(scene, effort)
    except Exception as error:  # noqa: BLE001 - the others are to be tried all the same
        scene.keep_logs(name)
        scene.rebuild()
        return Row(fault=name, wrong=[f"it did not come to its end: {error!r}"])


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="./masthead faults",
        description="Send mailings by real workers on a PostgreSQL and a Redis of their own, break "
        "one thing after the other meanwhile, and count what was lost and what came twice.",
    )
    parser.add_argument("--kills", type=int, default=0, help=f"default: {DEFAULT_KILLS}")
    parser.add_argument("--short", action="store_true", help="each fault a few times, in minutes")
    parser.add_argument(
        "--only", default="", metavar="NAME", help="one fault, or several: cells,disk"
    )
    parser.add_argument("--engines", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    return parser.parse_args(arguments)


def _as_json(row: Row) -> dict[str, object]:
    return {"fault": row.fault, "figures": row.figures, "wrong": row.wrong}


def _print(rows: Sequence[Row]) -> None:
    table = Table("fault", "figures", "", title="Faults", show_lines=True)
    for row in rows:
        figures = "\n".join(f"{name}: {value}" for name, value in row.figures.items())
        table.add_row(row.fault, figures, "\n".join(row.wrong) or "as it must be")
    Console(highlight=False).print(table)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
