"""Trying a mail server as an administrator asks for it: connect, greet, protect, log in, part.

The standard library's client is used, and not our own transport: what both of them find is
the server's doing, and what only one of them finds is ours.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from mailer.transport.smtp.config import LOOPBACK_HOSTS, Security, SmtpConfig
from mailer.transport.smtp.replies import read_reply
from mailer.types import Stage

PROBE_SECONDS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One step of a probe: what was found, in a sentence, and what would mend it."""

    step: str
    ok: bool
    words: str
    remedy: str = ""


def probe(config: SmtpConfig) -> Iterator[Finding]:
    """Yield a finding for each step until one fails. No message is sent."""
    client: smtplib.SMTP | None = None
    try:
        for step, take, remedy in STEPS:
            try:
                client, words, ok = take(config, client)
            except (OSError, smtplib.SMTPException) as error:
                yield Finding(step=step, ok=False, words=_say(error), remedy=_remedy(error, remedy))
                return
            yield Finding(step=step, ok=ok, words=words, remedy="" if ok else remedy)
    finally:
        if client is not None:
            _part(client)


Taken = tuple[smtplib.SMTP, str, bool]


def _connect(config: SmtpConfig, _: smtplib.SMTP | None) -> Taken:
    name = config.local_hostname or None
    if config.security is Security.IMPLICIT:
        client: smtplib.SMTP = smtplib.SMTP_SSL(
            config.host, config.port, name, timeout=PROBE_SECONDS, context=_context(config)
        )
    else:
        client = smtplib.SMTP(config.host, config.port, name, timeout=PROBE_SECONDS)
    return client, f"{config.host}:{config.port} answers.", True


def _greet(_: SmtpConfig, client: smtplib.SMTP | None) -> Taken:
    assert client is not None
    client.ehlo_or_helo_if_needed()
    offers = ", ".join(word.upper() for word in client.esmtp_features) or "no extension"
    return client, f"It offers {offers}.", True


def _protect(config: SmtpConfig, client: smtplib.SMTP | None) -> Taken:
    assert client is not None
    if config.security is Security.NONE:
        local = config.host in LOOPBACK_HOSTS
        where = "which is right on this machine" if local else "and anybody on the way can read it"
        return client, f"Mail travels in the clear, {where}.", local
    if config.security is Security.STARTTLS:
        client.starttls(context=_context(config))
        client.ehlo()
    protected = client.sock
    version = protected.version() if isinstance(protected, ssl.SSLSocket) else "TLS"
    return client, f"The connection is protected ({version}), and the certificate is valid.", True


def _log_in(config: SmtpConfig, client: smtplib.SMTP | None) -> Taken:
    assert client is not None
    if not config.username:
        return client, "No login is set, so none was tried.", True
    client.login(config.username, config.password)
    return client, f"The login as {config.username} works.", True


Step = Callable[[SmtpConfig, smtplib.SMTP | None], Taken]
STEPS: tuple[tuple[str, Step, str], ...] = (
    ("connect", _connect, "Check host and port, and whether a firewall lets this machine out."),
    ("EHLO", _greet, "Look whether the server accepts this machine; set name=… if it asks for it."),
    ("TLS", _protect, "Use smtps:// or tls=required, with the name that the certificate is for."),
    ("AUTH", _log_in, "Enter the user and the password anew, or allow the user to send."),
)


def _remedy(error: Exception, usual: str) -> str:
    if isinstance(error, ssl.SSLError):
        return "Use the host name that the certificate is for, and have the server renew it."
    return usual


def _say(error: Exception) -> str:
    """Return an error's words without what a terminal or a page would obey."""
    words = str(error)
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error
        words = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
        words = f"{error.smtp_code} {words}"
    return f"It failed: {read_reply(0, ' '.join(words.split()), Stage.CONNECT).text or 'no words'}."


def _part(client: smtplib.SMTP) -> None:
    with suppress(OSError, smtplib.SMTPException):
        client.quit()
    client.close()


def _context(config: SmtpConfig) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=config.ca_file or None)
