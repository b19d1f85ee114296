"""Hold the pure packages to their branch coverage: ``python -m tests.gate.floor``."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

# Percent of lines and branches that the tests must reach, by the beginning of a file's path.
FLOORS = {
    "mailer/checks/": 100,
    "mailer/content/": 100,
    "mailer/rendering/": 100,
    "mailer/message/": 100,
    "mailer/transport/": 100,
    "mailer/domains/": 100,
    "mailer/feedback/": 100,
}
# What is no parser: it speaks to the database, or to a mailbox's server.
OTHERS = {
    f"mailer/feedback/{name}.py"
    for name in (
        *("apply", "inbound", "keep", "mailbox", "policy", "tasks"),
        *("webhooks/handle", "webhooks/keep"),
    )
}


def main() -> int:
    """Print each package's coverage and return 1 if any is below its floor."""
    report = Path("var") / "coverage.json"
    report.parent.mkdir(exist_ok=True)
    coverage = [sys.executable, "-m", "coverage"]
    subprocess.run([*coverage, "combine", "--quiet"], check=False)
    subprocess.run([*coverage, "json", "--quiet", "-o", str(report)], check=True)
    files = json.loads(report.read_text())["files"]
    low = [folder for folder, floor in FLOORS.items() if measure(files, folder) < floor]
    missed = [each for folder in low for each in name_missed(files, folder)]
    sys.stdout.writelines(f"not reached: {each}\n" for each in missed)
    return 1 if low else 0


def measure(files: dict[str, dict[str, Any]], folder: str) -> float:
    """Return the percentage of a package's lines and branches that were reached."""
    own = [
        entry["summary"]
        for path, entry in files.items()
        if path.startswith(folder) and path not in OTHERS
    ]
    total = sum(each["num_statements"] + each["num_branches"] for each in own)
    reached = sum(each["covered_lines"] + each["covered_branches"] for each in own)
    percent = 100 * reached / total if total else 0.0
    sys.stdout.write(f"{folder:<22} {percent:6.2f} %, at least {FLOORS[folder]} %\n")
    return percent


def name_missed(files: dict[str, dict[str, Any]], folder: str) -> list[str]:
    """Return each line and each branch (from a line to a line) that no test reached."""
    return [
        f"{path}: lines {entry['missing_lines']}, branches {entry['missing_branches']}"
        for path, entry in sorted(files.items())
        if path.startswith(folder) and path not in OTHERS
        if entry["missing_lines"] or entry["missing_branches"]
    ]


if __name__ == "__main__":
    sys.exit(main())
