"""What serve starts, it starts once, and from wherever it was called."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

import pytest

from mailer.embedded import installation, processes
from mailer.embedded.lock import hold
from mailer.embedded.processes import Processes, ProcessFailed
from mailer.errors import InvalidSetting
from mailer.management.commands.serve import Command, describe_place
from tests.conftest import ROOT


def test_a_second_serve_is_refused_before_it_touches_anything(tmp_path, settings):
    settings.VAR_DIR = tmp_path

    with (
        hold(tmp_path / "serve.lock", "taken"),
        pytest.raises(InvalidSetting, match=f"^Another serve runs in {tmp_path}: end it"),
    ):
        Command().handle()

    assert [each.name for each in tmp_path.iterdir()] == ["serve.lock"]


def test_a_second_serve_is_refused_before_django_is_loaded(tmp_path):
    words = "import sys, manage; sys.argv = ['manage.py', 'serve']\n"
    look = "try: manage.main()\nfinally: print('django.db.models' in sys.modules)"

    with hold(tmp_path / "serve.lock", "taken"):
        done = subprocess.run(
            [sys.executable, "-c", words + look],
            cwd=ROOT,
            env={**os.environ, "MASTHEAD_VAR": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    assert (done.returncode, done.stdout) == (1, "False\n")
    assert done.stderr.startswith(f"masthead: Another serve runs in {tmp_path}: end it")


def test_a_lock_is_free_again_when_its_holder_has_ended(tmp_path):
    with hold(tmp_path / "lock", "taken"):
        pass

    with hold(tmp_path / "lock", "taken"):
        assert (tmp_path / "lock").stat().st_mode & 0o777 == 0o600


def test_a_socket_on_which_a_server_listens_is_left_alone(tmp_path, settings, monkeypatch):
    settings.REDIS_IS_EMBEDDED = True
    settings.REDIS_SOCKET = tmp_path / "redis.sock"
    monkeypatch.setattr(processes, "SILENCE_SECONDS", 0.1)

    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(settings.REDIS_SOCKET))
        server.listen()
        with pytest.raises(ProcessFailed, match="another program listens on"):
            installation.start_redis(Processes(tmp_path / "log"))

    assert settings.REDIS_SOCKET.exists()


def test_a_socket_that_a_dead_server_left_is_replaced(tmp_path, settings):
    settings.REDIS_IS_EMBEDDED = True
    settings.REDIS_SOCKET = tmp_path / "redis.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(settings.REDIS_SOCKET))
    running = Processes(tmp_path / "log")

    try:
        installation.start_redis(running)
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(settings.REDIS_SOCKET))
    finally:
        running.stop()


def test_programs_start_in_the_projects_folder_from_wherever(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    running = Processes(tmp_path / "log")
    written = tmp_path / "where"
    code = f"import os, mailer; open({str(written)!r}, 'w').write(os.getcwd())"

    running.start("one", [sys.executable, "-c", code])
    running.running["one"].process.wait(30)

    assert written.read_text() == str(ROOT)


@pytest.mark.parametrize(
    ("public", "is_set", "words"),
    [
        ("http://127.0.0.1:18377", False, "Masthead is at http://127.0.0.1:18377"),
        ("http://127.0.0.1:18377", True, "Masthead is at http://127.0.0.1:18377"),
        (
            "https://news.example.org",
            True,
            "Masthead is at http://127.0.0.1:18377, for readers at https://news.example.org",
        ),
    ],
)
def test_it_says_where_it_listens_and_where_readers_find_it(settings, public, is_set, words):
    settings.LISTEN_URL = "http://127.0.0.1:18377"
    settings.PUBLIC_URL, settings.PUBLIC_URL_IS_SET = public, is_set

    assert describe_place() == words
