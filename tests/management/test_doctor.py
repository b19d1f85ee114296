"""The doctor tries the mail servers as sending does, and says what would mend each."""

from __future__ import annotations

import io
import os
import subprocess
import sys

import pytest
from django.core.management import CommandError, call_command

from mailer.models import Transport
from tests.conftest import ROOT
from tests.fakes.certificates import make_certificates
from tests.fakes.servers import free_port
from tests.fakes.smtp_server import ScriptedServer

SERVERS = {"DATABASE_URL", "REDIS_URL", "MASTHEAD_PUBLIC_URL", "MASTHEAD_SMTP_URL"}
EHLO = "250-hello\n250-STARTTLS\n250 AUTH PLAIN"


@pytest.fixture
def serve():
    servers = []

    def serve(**script):
        servers.append(ScriptedServer(**script))
        return servers[-1]

    yield serve
    for server in servers:
        server.close()


@pytest.fixture
def trusted(tmp_path, monkeypatch):
    """Make certificates that this process trusts, as it would an authority of the system's."""
    certificates = make_certificates(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", certificates.ca_file)
    return certificates.server


@pytest.fixture
def healthy(db, settings, redis_url):
    """Set up all but the mail server as an installation that readers can reach has it."""
    settings.PUBLIC_URL = "https://news.example.org"
    settings.BOUNCE_DOMAIN = "bounces.example.org"
    settings.REDIS_IS_EMBEDDED, settings.REDIS_URL = False, redis_url
    settings.SMTP_URL_IS_SET = True
    return settings


def consult() -> tuple[str, str]:
    """Return what the doctor said, and the words it failed with."""
    said = io.StringIO()
    try:
        call_command("doctor", stdout=said)
    except CommandError as error:
        return said.getvalue(), str(error)
    return said.getvalue(), ""


def test_a_server_with_tls_from_the_beginning_is_ok(healthy, serve, trusted):
    server = serve(ehlo=EHLO, tls=trusted, at_once=True)
    healthy.SMTP_URL = f"smtps://ada:hunter2@127.0.0.1:{server.port}"

    said, failure = consult()

    assert failure == ""
    assert "protected (TLSv1" in said
    assert "The login as ada works." in said
    assert "hunter2" not in said


def test_starttls_and_the_login_are_tried(healthy, serve, trusted):
    server = serve(ehlo=EHLO, tls=trusted, auth="535 5.7.8 bad password")
    healthy.SMTP_URL = f"smtp://ada:hunter2@127.0.0.1:{server.port}?tls=required"

    said, failure = consult()

    assert failure == "1 of 8 need mending: mail server."
    assert f"127.0.0.1:{server.port}, AUTH: It failed: 535 5.7.8 bad password" in said
    assert "MASTHEAD_SMTP_URL" in said
    assert "STARTTLS" in server.commands
    assert "hunter2" not in said


def test_each_transport_in_use_is_tried_and_the_setting_is_not(healthy, serve):
    healthy.SMTP_URL = f"smtp://127.0.0.1:{free_port()}?tls=none"
    good, gone = serve(), free_port()
    Transport.objects.create(name="good", url=f"smtp://127.0.0.1:{good.port}?tls=none")
    Transport.objects.create(name="gone", url=f"smtp://127.0.0.1:{gone}?tls=none")
    Transport.objects.create(name="off", url="smtp://off.example", enabled=False)

    said, failure = consult()

    assert failure == "1 of 9 need mending: mail server gone."
    assert "manage transport test gone" in said
    assert "off.example" not in said
    assert "server off" not in said


def test_no_transport_in_use_is_to_be_mended(healthy):
    Transport.objects.create(name="off", url="smtp://off.example", enabled=False)

    assert "transport enable NAME" in consult()[0]


def test_a_password_of_another_secret_key_is_said(healthy):
    Transport.objects.create(name="relay", url="smtp://ada:x@a.example")
    healthy.SECRET_KEY = "another key, of at least 32 characters"

    said, failure = consult()

    assert "enter the secret anew" in said
    assert failure == "1 of 8 need mending: mail server relay."


def test_an_installation_that_nobody_has_touched_is_well_and_told_what_to_set(tmp_path):
    done = subprocess.run(
        [sys.executable, "manage.py", "doctor"],
        cwd=ROOT,
        env={
            **{name: each for name, each in os.environ.items() if name not in SERVERS},
            "DJANGO_SETTINGS_MODULE": "mailer.settings",
            "MASTHEAD_VAR": str(tmp_path / "var"),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert "./masthead serve makes the tables" in done.stdout
    assert "MEND" not in done.stdout
    assert "set MASTHEAD_PUBLIC_URL" in done.stdout
    assert "Before readers are written to, set: " in done.stdout


def test_defaults_are_faults_where_servers_are_set_up(healthy):
    healthy.PUBLIC_URL, healthy.BOUNCE_DOMAIN = "http://127.0.0.1:8000", "bounces.localhost"
    healthy.SMTP_URL_IS_SET = False
    healthy.SMTP_URL = f"smtp://127.0.0.1:{free_port()}?tls=none"

    assert consult()[1] == "3 of 8 need mending: public URL, bounces, mail server."


def test_a_variable_that_nobody_reads_is_told(healthy, monkeypatch):
    monkeypatch.setenv("MASTHEAD_SMPT_URL", "smtp://mail.example.org")

    said, failed = consult()

    assert "MASTHEAD_SMPT_URL is no setting: did you mean MASTHEAD_SMTP_URL?" in said
    assert "settings" in failed


def test_one_that_is_like_none_of_ours_is_told_too(healthy, monkeypatch):
    monkeypatch.setenv("MASTHEAD_QQQQQQQQQQQQQQQ", "1")

    assert "docs/settings.md has them all" in consult()[0]
