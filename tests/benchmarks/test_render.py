from __future__ import annotations

import json

import pytest

from tests.benchmarks import render


def test_it_prints_what_rendering_the_sample_takes(capsys):
    assert render.main(["--rounds", "3", "--json"]) == 0

    figures = json.loads(capsys.readouterr().out)
    assert figures["issue"] == "sample.en.md"
    assert 0 < figures["warm_ms_median"] <= figures["warm_ms_p95"]
    assert figures["ratio"] > 1
    assert 20_000 < figures["html_octets_encoded"] < 80 * 1024
    assert "MRML alone" in figures["method"]


def test_without_json_it_prints_a_line_for_each_figure(capsys):
    render.main(["--rounds", "2"])

    assert "warm_ms_median" in capsys.readouterr().out


def test_a_bad_file_is_told(tmp_path, capsys):
    assert render.main(["--issue", str(tmp_path / "none.md")]) == 1

    assert "it can't be read" in capsys.readouterr().err


def test_one_round_is_too_few():
    with pytest.raises(SystemExit):
        render.main(["--rounds", "1"])
