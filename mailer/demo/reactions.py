"""What readers of the small world do after a message has arrived, over real connections.

A bounce and a complaint are mailed to the message's own envelope sender, at the sender's
inbound listener; leaving is a POST to the address in the message's List-Unsubscribe.
"""

from __future__ import annotations

import datetime as dt
import http.client
import re
import smtplib
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from mailer.demo.behaviour import Behaviour
from mailer.demo.mailboxes import Arrival
from mailer.demo.reports import read_headers, write_bounce, write_complaint

TIMEOUT_SECONDS = 20
ONE_CLICK = b"List-Unsubscribe=One-Click"  # RFC 8058 §3.2
LOOPBACK = "127.0.0.1"


class ReactionFailed(Exception):
    """Say what the sender's side answered instead of taking the reaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """Where the world reaches the sender: the host and port that take its bounces."""

    inbound_host: str
    inbound_port: int


def react(behaviour: Behaviour, arrival: Arrival, outside: Outside, *, now: dt.datetime) -> str:
    """Do what a reader of this behaviour does and return what went wrong, or nothing."""
    try:
        REACTIONS[behaviour](arrival, outside, now)
    except (OSError, smtplib.SMTPException, http.client.HTTPException, ReactionFailed) as error:
        return f"{type(error).__name__}: {error}"
    return ""


def post_one_click(message: bytes) -> int:
    """Press "unsubscribe" as a mail program does, and return the HTTP status.

    No cookie, no redirect followed (RFC 8058 §3.1). Raises ReactionFailed if the message
    does not offer it, or would have the world call anybody but this machine.
    """
    headers = read_headers(message)
    offered = re.findall(r"<(https?://[^<>\s]+)>", str(headers["List-Unsubscribe"] or ""))
    if len(offered) != 1 or str(headers["List-Unsubscribe-Post"]) != ONE_CLICK.decode():
        raise ReactionFailed("the message offers no one-click unsubscription")
    target = urlsplit(offered[0])
    if target.hostname != LOOPBACK:
        raise ReactionFailed(f"{offered[0]} is not on this machine")
    connection = http.client.HTTPConnection(LOOPBACK, target.port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request(
            "POST",
            target.path,
            body=ONE_CLICK,
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )
        return connection.getresponse().status
    finally:
        connection.close()


def _bounce(arrival: Arrival, outside: Outside, now: dt.datetime) -> None:
    _mail_back(arrival, outside, write_bounce(arrival, now=now))


def _complain(arrival: Arrival, outside: Outside, now: dt.datetime) -> None:
    _mail_back(arrival, outside, write_complaint(arrival, now=now))


def _leave(arrival: Arrival, _outside: Outside, _now: dt.datetime) -> None:
    status = post_one_click(arrival.raw)
    if status != http.client.OK:
        raise ReactionFailed(f"one-click was answered with {status}")


REACTIONS: dict[Behaviour, Callable[[Arrival, Outside, dt.datetime], None]] = {
    Behaviour.BOUNCES: _bounce,
    Behaviour.COMPLAINS: _complain,
    Behaviour.LEAVES: _leave,
}


def _mail_back(arrival: Arrival, outside: Outside, report: bytes) -> None:
    """Hand a report to the sender's listener with the null sender (RFC 5321 §4.5.5)."""
    with smtplib.SMTP(
        outside.inbound_host, outside.inbound_port, timeout=TIMEOUT_SECONDS
    ) as client:
        client.sendmail("", [arrival.mail_from], report)
