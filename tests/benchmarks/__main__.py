"""Run a benchmark: ``python -m tests.benchmarks NAME …``, as ``./masthead bench`` does."""

from __future__ import annotations

import importlib
import signal
import sys
from types import FrameType

NAMES = {
    "bounces": "the readers of bounces, on real mail and on damaged mail",
    "import": "a large file of people, on both engines",
    "pages": "readers' pages while a mailing is being sent; the desk's with --desk",
    "render": "an issue to HTML and text, beside the MJML compiler alone",
    "segments": "counting who is in a segment, on PostgreSQL",
    "send": "a whole mailing through real workers, beside smtp-source",
}
# A module can't be called as the statement is.
MODULES = {"import": "imports"}


def main(arguments: list[str]) -> int:
    """Run the benchmark that the arguments name and return its exit code."""
    if not arguments or arguments[0] not in NAMES:
        sys.stdout.write("usage: ./masthead bench NAME [OPTIONS]\n\n")
        sys.stdout.writelines(f"  {name:<10}{text}\n" for name, text in NAMES.items())
        return 0 if set(arguments) & {"-h", "--help"} else 2
    # What the benchmark has started must end with it, however it ends.
    signal.signal(signal.SIGTERM, _interrupt)
    module = MODULES.get(arguments[0], arguments[0])
    benchmark = importlib.import_module(f"tests.benchmarks.{module}")
    try:
        return int(benchmark.main(arguments[1:]))
    except KeyboardInterrupt:
        return 130


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
