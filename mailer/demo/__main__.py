"""Run the demo: ``python -m mailer.demo``, as ``./masthead demo`` does.

Before Django reads its settings, the environment is made one in which nothing of the user's
is touched; then the show begins.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import ExitStack
from types import FrameType

from rich.console import Console

from mailer.content.read import read_issue
from mailer.demo.engines import name_schema, own_redis, own_schema, point_to_schema
from mailer.demo.environment import (
    Engines,
    choose_folder,
    choose_ports,
    enter_environment,
    write_environment,
)
from mailer.demo.folder import own_folder
from mailer.demo.options import Options, parse
from mailer.embedded.processes import ProcessFailed
from mailer.environment import read_redis
from mailer.errors import MastheadError
from mailer.types import Document

INTERRUPTED = 130  # what shells say of a program that Ctrl-C ended


def main(arguments: list[str]) -> int:
    """Run the demo and return its exit code: 0 if every figure is right."""
    options = parse(arguments)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        documents = [read_issue(path) for path in options.issues]
        return run(options, documents)
    except (MastheadError, ProcessFailed) as error:
        print(f"masthead: {error}", file=sys.stderr)  # noqa: T201 - a program's last word
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED


def run(options: Options, documents: list[Document]) -> int:
    """Prepare a place where the demo may do as it likes, perform there, and clean it up."""
    ports = choose_ports(options.port, may_differ=options.once)
    given = os.environ.get("DATABASE_URL", "")
    schema = name_schema() if given and not given.startswith("sqlite:") else ""
    with ExitStack() as stack:
        folder = stack.enter_context(own_folder(options.folder or choose_folder()))
        redis_url = stack.enter_context(own_redis(read_redis("REDIS_URL", "")))
        engines = Engines(
            database_url=point_to_schema(given, schema) if schema else "", redis_url=redis_url
        )
        enter_environment(write_environment(folder, ports, engines))
        # What follows reads the settings, which the lines above have made.
        from mailer.demo.servers import run_servers  # noqa: PLC0415

        stack.enter_context(own_schema(schema))
        processes = stack.enter_context(run_servers(ports))
        import django  # noqa: PLC0415 - the longest step, while the programs start

        django.setup()
        from mailer.demo.perform import perform  # noqa: PLC0415 - imports the models

        # Where figures are wanted as JSON, they alone are on standard output.
        console = Console(highlight=False, stderr=options.json)
        return perform(options, documents, ports, processes, console)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
