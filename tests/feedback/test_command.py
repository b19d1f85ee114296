from __future__ import annotations

import os
import signal
import smtplib
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.fakes.servers import free_port

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        yield holder.getsockname()[1]


def test_a_port_that_is_taken_is_told_with_the_remedy(settings, taken_port):
    settings.INBOUND_PORT = taken_port

    with pytest.raises(CommandError, match=f"127.0.0.1:{taken_port}.*MASTHEAD_INBOUND_LISTEN"):
        call_command("inbound")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_listens_and_ends_on_a_signal(tmp_path, number):
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "manage.py", "inbound"],
        cwd=ROOT,
        env=os.environ | {"MASTHEAD_INBOUND_LISTEN": f"127.0.0.1:{port}"},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        said = process.stdout.readline()
        with smtplib.SMTP("127.0.0.1", port) as client:
            code, _ = client.docmd("NOOP")
        process.send_signal(number)
        rest, _ = process.communicate(timeout=30)
    finally:
        process.kill()

    assert said == f"Listening for bounces.localhost on 127.0.0.1:{port} (SMTP).\n"
    assert code == 250
    assert rest == "Ended.\n"
    assert process.returncode == 0
