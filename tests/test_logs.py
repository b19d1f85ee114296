"""What is logged: a line an event, with its context, and no reader's address or token."""

from __future__ import annotations

import io
import json
import logging

import pytest
import structlog
from django.urls import reverse

from mailer import logs
from mailer.logs import HIDDEN, make_formatter

ADDRESSES = [
    "ada@people.example",
    "Ada.Berg+news@sub.people.example",
    "åda@höst.example",
    "root@localhost",
]


@pytest.fixture
def written():
    """Catch the lines of every logger, as JSON."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(make_formatter("json"))
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.removeHandler(handler)
    root.setLevel(level)


def test_a_line_says_what_when_who_and_of_which_batch(written):
    structlog.get_logger("mailer.test").bind(mailing_id=7).info("a batch is given back", batch_id=3)

    (event,) = written()
    assert event.pop("timestamp").endswith("Z")
    assert event == {
        "event": "a batch is given back",
        "batch_id": 3,
        "mailing_id": 7,
        "level": "info",
        "logger": "mailer.test",
    }


def test_lines_of_other_libraries_have_the_context_too(written):
    with structlog.contextvars.bound_contextvars(mailing_id=7):
        logging.getLogger("celery.worker").info("Task %s came", "x")

    (event,) = written()
    assert (event["event"], event["mailing_id"]) == ("Task x came", 7)


def break_a_rule(address: str) -> None:
    raise ValueError(f"duplicate key: (email)=({address})")


@pytest.mark.parametrize("address", ADDRESSES)
def test_no_address_is_in_a_line_wherever_it_stood(written, address):
    try:
        break_a_rule(address)
    except ValueError as error:
        structlog.get_logger("mailer.test").exception(f"{address} failed", to=[address], why=error)
        logging.getLogger("other").warning("it was <%s>", address)

    text = json.dumps(written(), ensure_ascii=False)
    assert address not in text
    assert "@" not in text
    assert text.count(HIDDEN) >= 4


def test_celerys_names_of_processes_are_kept(written):
    logging.getLogger("celery").info("sender@mail1.example.org ready")

    assert written()[0]["event"] == "sender@mail1.example.org ready"


def test_a_servers_address_without_its_password_is_kept(written):
    logging.getLogger("celery").info("connected to redis://:**@127.0.0.1:6379/0")

    assert written()[0]["event"] == "connected to redis://:**@127.0.0.1:6379/0"


def test_text_is_a_line_too():
    record = logging.LogRecord("other", logging.WARNING, "", 0, "it was %s", ("late",), None)

    line = make_formatter("text").format(record)

    assert "it was late" in line
    assert "\n" not in line
    assert "\x1b" not in line


def test_granian_asks_the_environment_for_the_form(monkeypatch):
    monkeypatch.setenv("MASTHEAD_LOG_FORMAT", "json")
    record = logging.LogRecord("_granian", logging.INFO, "", 0, "Starting", (), None)

    assert json.loads(make_formatter().format(record))["event"] == "Starting"


def test_who_looks_for_a_fault_sees_everything():
    described = logs.describe_logging(level="DEBUG", form="json")

    assert "celery.beat" not in described["loggers"]
    event = {"level": "debug", "event": "to ada@people.example"}
    assert logs.hide_addresses(None, "", event) == event


def test_a_request_has_an_id_and_its_page_is_named_without_its_token(client, db, written):
    client.get(
        reverse("archive:reading", args=["a-secret-token"]), HTTP_USER_AGENT="bot@bots.example"
    )
    client.get("/nowhere/ada@people.example?token=a-secret-token")

    known, unknown = [event for event in written() if event["event"] == "request_finished"]
    assert known["request"] == "GET read/<str:token>/"
    assert known["code"] == 404
    assert len(known["request_id"]) == 36
    assert unknown["request"] == "GET unknown page"
    assert "a-secret-token" not in json.dumps(written())


def test_a_page_that_fails_is_logged_once_with_its_trace(client, db, written, monkeypatch):
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("for ada@people.example")

    monkeypatch.setattr("mailer.web.archive.read_reading", fail)
    client.raise_request_exception = False

    client.get(reverse("archive:reading", args=["a-secret-token"]))

    (event,) = [event for event in written() if event["level"] == "error"]
    assert event["event"] == "request_failed"
    assert "RuntimeError: for [address]" in event["exception"]
    assert "a-secret-token" not in json.dumps(written())


def test_a_host_that_is_not_ours_is_a_line_without_a_traceback(client, db, written):
    response = client.get("/nowhere/", HTTP_HOST="scanner.example")

    assert response.status_code == 400
    (event,) = written()
    assert (event["event"], event["code"]) == ("request_finished", 400)
    assert "exception" not in event
