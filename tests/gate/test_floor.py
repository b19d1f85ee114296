from __future__ import annotations

import re
import runpy
import tomllib
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.gate.floor import FLOORS, OTHERS, measure, name_missed


def summary(*, lines: int, branches: int = 0) -> dict[str, dict[str, int]]:
    reached = {"covered_lines": lines, "covered_branches": branches}
    return {"summary": {"num_statements": 8, "num_branches": 2, **reached}}


def test_one_branch_that_is_not_reached_is_less_than_all():
    files = {
        "mailer/message/merge.py": summary(lines=8, branches=2),
        "mailer/message/words.py": summary(lines=8, branches=1),
        "mailer/web/archive.py": summary(lines=0),
    }

    assert measure(files, "mailer/message/") == pytest.approx(95)


def test_what_is_not_reached_is_named():
    whole = summary(lines=8, branches=2) | {"missing_lines": [], "missing_branches": []}
    files = {
        "mailer/message/merge.py": whole,
        "mailer/message/words.py": whole | {"missing_branches": [[4, 7]]},
        "mailer/web/archive.py": whole | {"missing_lines": [1]},
    }

    named = name_missed(files, "mailer/message/")

    assert named == ["mailer/message/words.py: lines [], branches [[4, 7]]"]


def test_the_gate_traces_each_package_that_has_a_floor():
    launcher = runpy.run_path(str(ROOT / "masthead"), run_name="launcher")
    options = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["coverage"]["run"]

    assert {f"mailer/{Path(each).name}/" for each in launcher["COVERED"]} == set(FLOORS)
    assert {f"{each}/" for each in options["source"]} == set(FLOORS)


def test_a_package_that_no_test_has_loaded_is_not_covered():
    assert measure({}, "mailer/content/") == 0


def test_of_feedback_only_the_parsers_are_judged():
    files = {
        "mailer/feedback/dsn.py": summary(lines=8, branches=2),
        "mailer/feedback/mailbox.py": summary(lines=0),
    }

    assert measure(files, "mailer/feedback/") == 100


def test_what_has_a_floor_or_is_left_out_is_there():
    assert [path for path in [*FLOORS, *OTHERS] if not (ROOT / path).exists()] == []


def test_what_is_left_out_is_no_parser():
    needs = re.compile(r"^from (django|celery|mailer\.models)\b", re.MULTILINE)

    assert [path for path in OTHERS if not needs.search((ROOT / path).read_text())] == []
