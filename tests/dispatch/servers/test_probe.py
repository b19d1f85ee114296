"""A probe says of a mail server, step by step, what works and what would mend it."""

from __future__ import annotations

import pytest

from mailer.dispatch.servers.probe import probe
from mailer.transport.smtp.config import Security, SmtpConfig
from tests.fakes.certificates import make_certificates
from tests.fakes.servers import free_port
from tests.fakes.smtp_server import ScriptedServer

EHLO = "250-hello\n250-STARTTLS\n250 AUTH PLAIN"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def serve():
    servers = []

    def serve(**script):
        servers.append(ScriptedServer(**script))
        return servers[-1]

    yield serve
    for server in servers:
        server.close()


def look(server, **config):
    return list(probe(SmtpConfig(host="127.0.0.1", port=server.port, **config)))


def test_a_server_on_this_machine_needs_no_more(serve):
    findings = look(serve())

    assert [(each.step, each.ok) for each in findings] == [
        ("connect", True),
        ("EHLO", True),
        ("TLS", True),
        ("AUTH", True),
    ]
    assert findings[3].words == "No login is set, so none was tried."


def test_it_protects_and_logs_in_and_sends_nothing(serve, certificates):
    server = serve(ehlo=EHLO, tls=certificates.server)

    findings = look(
        server,
        security=Security.STARTTLS,
        username="ada",
        password="hunter2",
        ca_file=certificates.ca_file,
    )

    assert all(each.ok for each in findings)
    assert "protected (TLSv1" in findings[2].words
    assert findings[3].words == "The login as ada works."
    assert not any(command.startswith("MAIL") for command in server.commands)
    assert server.commands[-1].upper() == "QUIT"


def test_implicit_tls_is_tried_too(serve, certificates):
    server = serve(tls=certificates.server, at_once=True)

    findings = look(server, security=Security.IMPLICIT, ca_file=certificates.ca_file)

    assert [each.ok for each in findings] == [True] * 4


def test_nobody_there_is_said_with_a_remedy():
    config = SmtpConfig(host="127.0.0.1", port=free_port())

    (finding,) = probe(config)

    assert (finding.step, finding.ok) == ("connect", False)
    assert "refused" in finding.words
    assert "Check host and port" in finding.remedy


@pytest.mark.parametrize("at_once", [True, False])
def test_a_certificate_that_nobody_vouches_for_is_no_protection(serve, certificates, at_once):
    server = serve(ehlo=EHLO, tls=certificates.server, at_once=at_once)
    security = Security.IMPLICIT if at_once else Security.STARTTLS

    findings = look(server, security=security)

    assert not findings[-1].ok
    assert "certificate" in findings[-1].words
    assert "have the server renew it" in findings[-1].remedy


def test_a_server_without_protection_is_not_logged_in_to(serve):
    findings = look(serve(), security=Security.STARTTLS, username="ada", password="hunter2")

    assert [each.step for each in findings] == ["connect", "EHLO", "TLS"]
    assert not findings[-1].ok


def test_a_refused_login_quotes_the_server_and_not_the_password(serve):
    server = serve(ehlo=EHLO, auth="535 5.7.8 bad \x1b[31mpassword")

    findings = look(server, username="ada", password="hunter2")

    assert findings[-1].step == "AUTH"
    assert "535 5.7.8 bad" in findings[-1].words
    assert "\x1b" not in findings[-1].words
    assert "hunter2" not in str(findings)


def test_a_server_that_turns_us_away_is_quoted(serve):
    findings = look(serve(connect="554 go away"))

    assert "554 go away" in findings[0].words


def test_mail_in_the_clear_to_another_machine_is_to_be_mended(serve, monkeypatch):
    server = serve()
    monkeypatch.setattr("mailer.dispatch.servers.probe.LOOPBACK_HOSTS", frozenset())

    findings = look(server)

    assert [each.step for each in findings if not each.ok] == ["TLS"]
    assert "tls=required" in findings[2].remedy
