"""Send a whole mailing through real workers: ``./masthead bench send``.

PostgreSQL and Redis (or the embedded engines), the sink, the senders, the planner and this
observer share the machine. The same sink takes smtp-source's messages in the same run, half
of them before the mailing and half after it, so that a change of the machine's mood counts
for both.
"""

from __future__ import annotations

import json
import sys

from rich.console import Console
from rich.table import Table

from tests.benchmarks.options import parse
from tests.rig.place import own_place


def main(arguments: list[str]) -> int:
    """Run the benchmark and return its exit code: 1 if a message is lost, repeated or unsigned."""
    options = parse(arguments)
    query = f"&connections={options.connections}" if options.connections else ""
    settings = {"MASTHEAD_SENDERS": str(options.senders), "MASTHEAD_RETRY_DELAYS": "1s,5s"}
    with own_place(
        servers=options.servers, settings=settings, smtp_port=options.sink, smtp_query=query
    ) as place:
        from tests.benchmarks.perform import perform  # noqa: PLC0415 - imports the models

        figures = perform(options, place)
    if options.json:
        sys.stdout.write(f"{json.dumps(figures)}\n")
    else:
        _print(figures)
    return 1 if figures["lost"] or figures["duplicates"] or figures["unsigned"] else 0


def _print(figures: dict[str, object]) -> None:
    table = Table("figure", "value", title="One mailing")
    for name, value in figures.items():
        table.add_row(name, str(value))
    Console(highlight=False).print(table)
