"""Commands speak as Masthead's: what was typed, one sentence, none of Django's own options."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from mailer.management.program import DJANGOS, Program
from tests.conftest import ROOT


def run(*arguments, folder):
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "mailer.settings",
            "MASTHEAD_VAR": str(folder / "var"),
            "DATABASE_URL": f"sqlite:///{folder / 'none.sqlite3'}",
            "COLUMNS": "100",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def help_of(capsys, name, *more):
    with pytest.raises(SystemExit):
        Program(["manage.py", name, *more, "--help"]).fetch_command(name).run_from_argv(
            ["manage.py", name, *more, "--help"]
        )
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "typed"),
    [
        (["render"], "./masthead render"),
        (["serve"], "./masthead serve"),
        (["import_subscribers"], "./masthead import"),
        (["export_subscribers"], "./masthead export"),
        (["transport"], "./masthead manage transport"),
        (["transport", "add"], "./masthead manage transport add"),
        (["createsuperuser"], "./masthead manage createsuperuser"),
    ],
)
def test_help_names_what_was_typed_and_no_option_of_djangos(capsys, words, typed):
    said = help_of(capsys, *words)

    assert said.startswith(f"usage: {typed} ")
    assert "manage.py" not in said
    assert not [option for option in DJANGOS if option in said]


def test_an_unknown_command_is_answered_with_where_to_look(tmp_path):
    done = run("schedul_mailing", folder=tmp_path)

    assert done.returncode == 2
    assert done.stderr == (
        "masthead: There is no command 'schedul_mailing' (did you mean schedule_mailing?): "
        "./masthead manage help lists them.\n"
    )


def test_an_error_begins_as_the_launchers_do(tmp_path):
    done = run("render", "no-such.md", f"--out={tmp_path}", folder=tmp_path)

    assert done.returncode == 1
    assert done.stderr.startswith("masthead: ")
    assert "CommandError" not in done.stderr


def test_a_missing_argument_is_said_in_our_name(capsys):
    with pytest.raises(SystemExit):
        Program(["manage.py", "render"]).fetch_command("render").run_from_argv(
            ["manage.py", "render"]
        )

    assert "\n./masthead render: error: the following" in capsys.readouterr().err
