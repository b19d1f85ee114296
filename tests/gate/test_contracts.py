"""Each import contract fails on an import that breaks it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

PLANTED = [
    ("mailer/results/report.py", "import mailer.dispatch.planning.plan", "layers"),
    ("mailer/content/write.py", "import mailer.rendering.text", "layers"),
    ("mailer/dispatch/planning/plan.py", "import mailer.dispatch.sending.send", "rooms"),
    ("mailer/message/merge.py", "import celery", "pure"),
    ("mailer/checks/size.py", "import django.db", "pure"),
    ("mailer/transport/base.py", "import django.db", "pure"),
    ("subscribers/consent.py", "import mailer.models", "people"),
]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in ("mailer", "subscribers"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_the_contracts_hold(copy):
    assert lint(copy).returncode == 0


@pytest.mark.parametrize(("path", "line", "contract"), PLANTED)
def test_a_planted_import_breaks_its_contract(copy, path, line, contract):
    file = copy / path
    file.write_text(f"{file.read_text()}\n{line}\n")

    done = lint(copy)

    broken = [each for each in done.stdout.splitlines() if " BROKEN" in each]
    assert done.returncode == 1
    assert any(each.startswith(contract) for each in broken), done.stdout
