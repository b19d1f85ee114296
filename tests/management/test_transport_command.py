"""The command adds, lists, tests, enables and disables mail servers."""

from __future__ import annotations

import io

import pytest
import redis
from django.core.management import CommandError, call_command

from mailer.dispatch.limits.throttle import Throttle
from mailer.models import Transport
from tests.fakes.smtp_server import ScriptedServer
from tests.fakes.world import NOW


@pytest.fixture
def run(db, monkeypatch, redis_url, settings):
    settings.REDIS_URL = redis_url
    redis.Redis.from_url(redis_url).flushdb()

    def run(*arguments: str, entered: str = "") -> str:
        said = io.StringIO()
        monkeypatch.setattr("sys.stdin", io.StringIO(entered))
        call_command("transport", *arguments, stdout=said)
        return said.getvalue()

    return run


def test_it_adds_a_server_with_a_password_from_standard_input(run):
    run(
        "add",
        "relay",
        "smtp://ada@mail.example:587",
        "--messages-per-second=14",
        "--warm-up-from=2026-03-01",
        "--weight=0",
        entered="hunter 2\n",
    )

    row = Transport.objects.get()
    assert row.config().password == "hunter 2"
    assert (row.weight, row.messages_per_second, row.enabled) == (0, 14, True)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["relay", "mail.example"], "The address must start with"),
        (["relay", "smtp://ada@mail.example"], "a user without a password"),
        (["relay", "smtp://mail.example", "--messages-per-second=fast"], "must be a decimal"),
        (["re lay", "smtp://mail.example"], "letters, digits"),
        (["relay", "smtp://ada:hunter2@[::1"], "can't be read"),
    ],
)
def test_a_bad_server_is_refused_in_words(run, arguments, words):
    with pytest.raises(CommandError, match=words) as refusal:
        run("add", *arguments)

    assert "hunter2" not in str(refusal.value)
    assert not Transport.objects.exists()


def test_a_name_is_given_once(run):
    run("add", "relay", "smtp://mail.example")

    with pytest.raises(CommandError, match="already exists"):
        run("add", "relay", "smtp://other.example")


def test_the_list_tells_limits_health_and_what_is_slowed_and_no_password(run, redis_url):
    row = Transport.objects.create(
        name="relay",
        url="smtp://ada:hunter2@mail.example",
        messages_per_second="14.500",
        daily_cap=1000,
        failing_since=NOW,
        problem="It refuses our login.",
    )
    Transport.objects.create(name="off", url="smtp://off.example", enabled=False)
    Throttle(redis.Redis.from_url(redis_url), row.pk).slow("gmail", 7)

    said = run("list")

    assert "hunter2" not in said
    for words in (
        "FAILING since 2026-03-01",
        "a second: 14.5",
        "today: 1000",
        "It refuses our login.",
        "gmail: slowed down to 3.5 a second, after a pause of",
        "disabled",
    ):
        assert words in said


def test_an_empty_list_names_the_setting(run):
    assert "MASTHEAD_SMTP_URL" in run("list")


def test_disabling_and_enabling_forgets_failures(run):
    Transport.objects.create(name="relay", url="smtp://a.example", failures=3, retry_at=NOW)

    run("disable", "relay")
    assert Transport.objects.get().enabled is False
    run("enable", "relay")

    row = Transport.objects.get()
    assert (row.enabled, row.failures, row.retry_at) == (True, 0, None)


def test_an_unknown_name_is_answered_with_those_there_are(run):
    Transport.objects.create(name="relay", url="smtp://a.example")

    with pytest.raises(CommandError, match="there are: relay"):
        run("enable", "rely")


def test_a_good_server_passes_its_test_and_a_bad_one_does_not(run):
    server = ScriptedServer()
    Transport.objects.create(name="relay", url=f"smtp://127.0.0.1:{server.port}?tls=none")
    try:
        assert run("test", "relay").count("ok  ") == 4
    finally:
        server.close()

    with pytest.raises(CommandError, match="relay needs mending"):
        run("test", "relay")


def test_a_password_of_another_secret_key_is_said(run, settings):
    Transport.objects.create(name="relay", url="smtp://ada:x@a.example")
    settings.SECRET_KEY = "another key, of at least 32 characters"

    with pytest.raises(CommandError, match="enter the secret anew"):
        run("test", "relay")
