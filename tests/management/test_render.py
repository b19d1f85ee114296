"""An issue is written as its readers will get it, or a sentence says why not."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.conftest import ROOT

SAMPLE = ROOT / "mailer" / "demo" / "issues" / "sample.en.md"


@pytest.mark.parametrize("below", [".", "below"])
def test_a_file_that_is_to_be_written_into_is_told_with_its_remedy(tmp_path: Path, below):
    file = tmp_path / "README.md"
    file.write_text("Read me.")

    with pytest.raises(CommandError) as caught:
        call_command("render", SAMPLE, "--out", file / below)

    said = str(caught.value)
    assert said.startswith(f"{file / below} can't be written into (")
    assert said.endswith("): name another folder with --out.")
    assert "Errno" not in said
    assert file.read_text() == "Read me."
