"""What every test may lean on."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
IN_CI = bool(os.environ.get("CI"))


def require(condition: object, what: str) -> None:
    """Skip the test by name where ``what`` is missing; in CI its absence is a failure."""
    if condition:
        return
    if IN_CI:
        pytest.fail(f"{what} is missing, and CI must have it")
    pytest.skip(f"{what} is missing")


@pytest.fixture(scope="session")
def shared() -> Path:
    """Give the folder of real input files, which a user's clone does not have."""
    folder = Path(os.environ.get("MASTHEAD_SHARED", ROOT.parent / "shared"))
    require(folder.is_dir(), "the folder of shared inputs (MASTHEAD_SHARED)")
    return folder
