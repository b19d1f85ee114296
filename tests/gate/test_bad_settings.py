"""A bad setting ends every program with one sentence, never with a traceback."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from mailer.environment import (
    choose_public_url,
    load_env_file,
    read_folder,
    read_listen,
    read_mailbox,
    read_public_url,
    read_redis,
    read_webhook,
    write_listen_url,
)
from mailer.errors import InvalidSetting
from tests.conftest import ROOT

MANAGE = [str(ROOT / "manage.py")]
PROGRAMS = {
    "doctor": [*MANAGE, "doctor"],
    "demo": [*MANAGE, "demo", "--once"],
    "the demo itself": ["-m", "mailer.demo", "--once", "--folder"],
    "celery": ["-m", "celery", "--app", "mailer.celery", "worker"],
    "web": ["-c", "import mailer.wsgi"],
}


def run(words, folder, **variables):
    environment = {**os.environ, "MASTHEAD_VAR": str(folder / "var"), **variables}
    return subprocess.run(
        [sys.executable, *words],
        env=environment | {"PYTHONPATH": str(ROOT), "DJANGO_SETTINGS_MODULE": "mailer.settings"},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("name", PROGRAMS)
def test_each_program_refuses_a_bad_setting_in_one_sentence(name, tmp_path):
    words = [*PROGRAMS[name], *([str(tmp_path / "demo")] if name == "the demo itself" else [])]

    # The demo has values of its own for nearly everything; of the user's it asks for servers.
    done = run(words, tmp_path, MASTHEAD_SENDERS="0", REDIS_URL="redis://127.0.0.1:99999")

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("masthead: ")
    assert done.stderr.count("\n") == 1


def test_a_bad_mail_server_is_refused_at_the_start_and_its_password_kept(tmp_path):
    address = "smtp://user:secret@mail.example.org:99999"

    done = run([*MANAGE, "doctor"], tmp_path, MASTHEAD_SMTP_URL=address)

    assert done.returncode == 1
    assert done.stderr.startswith("masthead: MASTHEAD_SMTP_URL ")
    assert done.stderr.count("\n") == 1
    assert "secret" not in done.stderr


@pytest.mark.parametrize("place", ["/etc/passwd", "/etc/passwd/var", "/proc/var"])
def test_a_folder_that_can_not_be_is_refused(place, tmp_path, monkeypatch):
    monkeypatch.setenv("MASTHEAD_VAR", place)

    with pytest.raises(InvalidSetting, match=f"^MASTHEAD_VAR needs the folder '{place}'"):
        read_folder("MASTHEAD_VAR", "var", base=tmp_path)


@pytest.mark.parametrize(
    "url",
    [
        "https://[bad",
        "https://x:99999",
        "https://x:0",
        "https://exa mple.org",
        "https://exa\tmple.org",
        "https://u:p@host",
        "https://b\u00fccher.example",
        "https://host?q",
        'https://host/"><script>',
        "host",
    ],
)
def test_a_public_address_that_no_reader_could_use_is_refused(url, monkeypatch):
    monkeypatch.setenv("MASTHEAD_PUBLIC_URL", url)

    with pytest.raises(InvalidSetting, match=r"^MASTHEAD_PUBLIC_URL .+https://news\.example\.org"):
        read_public_url("MASTHEAD_PUBLIC_URL", "")


@pytest.mark.parametrize(
    "url", ["https://news.example.org:8443/mail", "http://127.0.0.1:8000", "http://[::1]:8000"]
)
def test_a_good_public_address_is_taken_as_it_is(url, monkeypatch):
    monkeypatch.setenv("MASTHEAD_PUBLIC_URL", f"{url}/")

    assert read_public_url("MASTHEAD_PUBLIC_URL", "") == url


@pytest.mark.parametrize(
    ("host", "listens_at", "public"),
    [
        ("127.0.0.1", "http://127.0.0.1:18377", "http://127.0.0.1:18377"),
        ("localhost", "http://localhost:18377", "http://localhost:18377"),
        ("::1", "http://[::1]:18377", "http://[::1]:18377"),
        ("0.0.0.0", "http://127.0.0.1:18377", "http://127.0.0.1:18377"),
        ("::", "http://[::1]:18377", "http://[::1]:18377"),
        ("192.0.2.7", "http://192.0.2.7:18377", "http://127.0.0.1:18377"),
        ("2001:db8::7", "http://[2001:db8::7]:18377", "http://127.0.0.1:18377"),
    ],
)
def test_a_site_without_a_public_address_is_where_its_server_listens(host, listens_at, public):
    assert write_listen_url(host, 18377) == listens_at
    assert choose_public_url(host, 18377) == public
    assert read_public_url("MASTHEAD_NOT_SET", public) == public


def test_the_settings_follow_where_the_server_listens(tmp_path):
    words = "from mailer import settings as s; print(s.PUBLIC_URL, s.LISTEN_URL)"

    done = run(["-c", words], tmp_path, MASTHEAD_LISTEN="127.0.0.1:18377")

    assert done.stdout == "http://127.0.0.1:18377 http://127.0.0.1:18377\n"


@pytest.mark.parametrize("port", ["٨٠٠٠", "8²", "0", "65536", "9" * 5_000])
def test_a_port_is_written_in_ascii_digits(port, monkeypatch):
    monkeypatch.setenv("MASTHEAD_LISTEN", f"127.0.0.1:{port}")

    with pytest.raises(InvalidSetting, match="write HOST:PORT"):
        read_listen("MASTHEAD_LISTEN", "")


@pytest.mark.parametrize(
    "url", ["redis://h:99999", "redis://[h", "redis://", "redis://h/db", "http://h", "unix://"]
)
def test_an_address_of_no_redis_is_refused(url, monkeypatch):
    monkeypatch.setenv("REDIS_URL", url)

    with pytest.raises(InvalidSetting, match="REDIS_URL is no Redis address"):
        read_redis("REDIS_URL", "")


@pytest.mark.parametrize("url", ["redis://h:6379/0", "rediss://:p@h", "unix:///tmp/a.sock"])
def test_a_redis_address_is_taken_as_it_is(url, monkeypatch):
    monkeypatch.setenv("REDIS_URL", url)

    assert read_redis("REDIS_URL", "") == url


def test_a_mailbox_on_no_port_is_refused(monkeypatch):
    monkeypatch.setenv("MASTHEAD_IMAP_URL", "imaps://user:secret@host:99999/INBOX")

    with pytest.raises(InvalidSetting, match="no mailbox") as caught:
        read_mailbox("MASTHEAD_IMAP_URL")

    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"A_NAME=a\0b", ":1 has a NUL"),
        (b"\n=x", ":2 names no variable"),
        (b"A\0B=x", ":1 names no variable"),
        (b"A_NAME", ":1 names no variable"),
        (b"A_NAME=\xff", " is no text"),
    ],
)
def test_an_env_file_that_is_none_is_refused(content, words, tmp_path):
    (tmp_path / ".env").write_bytes(content)

    with pytest.raises(InvalidSetting, match=rf"^\.env{words}"):
        load_env_file(tmp_path / ".env")


def test_a_relative_folder_is_the_same_from_wherever(tmp_path, monkeypatch):
    monkeypatch.setenv("MASTHEAD_VAR", "data")
    monkeypatch.chdir("/")

    assert read_folder("MASTHEAD_VAR", "var", base=tmp_path) == tmp_path / "data"
    assert (tmp_path / "data").is_dir()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SES", "bulletin"),
        ("SES", "arn:aws:sns:eu-west-1:123456789012:a, arn:aws:sns:eu-west-1:123456789012:b"),
        ("SENDGRID", "short"),
        ("MAILGUN", "short"),
        ("POSTMARK", "user:short"),
        ("BREVO", "no-password-at-all-in-this-one"),
        ("RESEND", "a-secret-of-another-kind-without-its-mark"),
    ],
)
def test_a_webhook_s_bad_secret_is_refused_and_stays_out_of_the_error(name, value, monkeypatch):
    monkeypatch.setenv(f"MASTHEAD_WEBHOOK_{name}", value)

    with pytest.raises(InvalidSetting, match=f"MASTHEAD_WEBHOOK_{name} can't be right") as error:
        read_webhook(f"MASTHEAD_WEBHOOK_{name}", name.lower())

    assert value not in str(error.value)


def test_a_webhook_s_secret_is_read_and_need_not_be_set(monkeypatch):
    monkeypatch.setenv("MASTHEAD_WEBHOOK_POSTMARK", "user:0123456789abcdef")

    assert read_webhook("MASTHEAD_WEBHOOK_POSTMARK", "postmark") == "user:0123456789abcdef"
    assert read_webhook("MASTHEAD_WEBHOOK_BREVO", "brevo") == ""
