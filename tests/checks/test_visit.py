"""Links are visited on the public network alone, whatever they, or what they lead to, claim."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from urllib3.connection import HTTPConnection, HTTPSConnection

from mailer.checks import visit as visiting
from mailer.checks.addresses import choose_address, is_public, resolve_name
from mailer.checks.answers import judge_answers
from mailer.checks.findings import Place, Severity
from mailer.checks.visit import Visit, connect, visit
from mailer.errors import ForbiddenVisit
from tests.fakes.certificates import make_certificates

PUBLIC = "93.184.216.34"


class Site:
    """A web server on loopback that says what it is told, and keeps what it was asked."""

    def __init__(
        self, *answers: bytes, tls: ssl.SSLContext | None = None, pause: float = 0
    ) -> None:
        self.answers, self.tls, self.pause = answers, tls, pause
        self.asked: list[bytes] = []
        self.reached: list[str] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        for answer in self.answers:
            try:
                raw, _ = self.listener.accept()
                peer = self.tls.wrap_socket(raw, server_side=True) if self.tls else raw
            except OSError:
                return
            with peer:
                self.asked.append(peer.recv(65_536))
                for octet in (answer,) if not self.pause else [bytes([each]) for each in answer]:
                    try:
                        peer.sendall(octet)
                    except OSError:
                        break
                    time.sleep(self.pause)

    def connect(self, parts, address: str, seconds: float):
        """Connect as ours does, but to this server, whatever address was judged."""
        self.reached.append(address)
        made = connect(parts, address, seconds)
        made._dns_host = "127.0.0.1"
        made.port = self.port
        return made

    def visit(self, url: str = "http://site.example/", *, addresses=(PUBLIC,)) -> Visit:
        return visit(url, resolve=lambda *_: list(addresses), connect=self.connect)


@pytest.fixture
def open_site() -> Iterator:
    sites: list[Site] = []

    def open_site(*answers: bytes, **choices) -> Site:
        sites.append(Site(*answers, **choices))
        return sites[-1]

    yield open_site
    for site in sites:
        site.listener.close()


def answer(status: str, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", *headers, "Content-Length: 0", "", ""]
    return "\r\n".join(lines).encode()


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1"),
        *("169.254.169.254", "100.64.0.1", "198.18.0.1", "224.0.0.1", "240.0.0.1"),
        *("255.255.255.255", "192.0.2.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1"),
        *("fd12::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::"),
        *("2002:0a00:0001::1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::a00:1"),
        *("::127.0.0.1", "2001:db8::1", "2001:0:4136:e378:8000:63bf:f5ff:fffe", "localhost"),
    ],
)
def test_an_address_that_is_not_everybody_s_is_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", [PUBLIC, "2606:2800:220:1:248:1893:25c8:1946", "::ffff:8.8.8.8"]
)
def test_an_address_that_is_everybody_s_is_public(address):
    assert is_public(address)


def test_one_private_address_among_others_spoils_the_name():
    with pytest.raises(ForbiddenVisit, match=r"site\.example is not on the public network"):
        choose_address("site.example", 80, resolve=lambda *_: [PUBLIC, "10.0.0.1"])


def test_a_name_without_addresses_is_an_error():
    with pytest.raises(OSError, match="no address"):
        choose_address("site.example", 80, resolve=lambda *_: [])


def test_names_are_resolved_by_the_system():
    assert "127.0.0.1" in resolve_name("localhost", 80)


@pytest.mark.parametrize(
    "url", ["http://localhost/", "http://127.0.0.1/", "http://[::1]/x", "http://2130706433/"]
)
def test_our_own_machine_is_not_visited(url):
    assert visit(url).refused


@pytest.mark.parametrize(
    "url",
    [
        *("ftp://site.example/", "file:///etc/passwd", "gopher://site.example/", "http:///x"),
        *("http://site.example:6379/", "http://ada:secret@site.example/", "javascript:alert(1)"),
        "http://site.example/" + "x" * 2_000,
    ],
)
def test_what_is_no_plain_page_is_not_visited(open_site, url):
    site = open_site()

    assert site.visit(url).refused
    assert site.reached == []


def test_a_page_that_answers_is_good_and_is_asked_once_as_what_we_are(open_site):
    site = open_site(answer("200 OK"))

    found = site.visit("http://site.example/a%20b/ø?q=ü#top")

    assert (found.is_good, found.status) == (True, 200)
    assert site.reached == [PUBLIC]
    [request] = site.asked
    assert request.startswith(b"GET /a%20b/%C3%B8?q=%C3%BC HTTP/1.1\r\nHost: site.example\r\n")
    assert b"User-Agent: Masthead" in request
    assert b"Cookie" not in request


def test_a_name_in_other_letters_is_asked_for_in_ascii(open_site):
    site = open_site(answer("200 OK"))

    site.visit("http://bücher.example/")

    assert b"Host: xn--bcher-kva.example\r\n" in site.asked[0]


def test_a_redirection_is_followed_to_its_end(open_site):
    site = open_site(answer("301 Moved", "Location: /new"), answer("404 Not Found"))

    assert site.visit().status == 404
    assert len(site.asked) == 2


def test_a_redirection_without_a_target_is_its_own_answer(open_site):
    assert open_site(answer("302 Found")).visit().status == 302


@pytest.mark.parametrize(
    "target",
    [
        *("http://127.0.0.1/admin", "http://[::ffff:10.0.0.1]/", "file:///etc/passwd"),
        *("//127.0.0.1/", "http://site.example:22/", "http://169.254.169.254/latest/meta-data/"),
    ],
)
def test_a_redirection_into_our_network_is_not_followed(open_site, target):
    site = open_site(answer("302 Found", f"Location: {target}"))

    def resolve(host: str, port: int) -> list[str]:
        return [PUBLIC] if host == "site.example" else [host]

    found = visit("http://site.example/", resolve=resolve, connect=site.connect)

    assert found.refused
    assert len(site.asked) == 1


def test_a_name_that_means_another_address_a_moment_later_gains_nothing(open_site):
    site = open_site(answer("200 OK"))
    asked: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return [PUBLIC] if len(asked) == 1 else ["127.0.0.1"]

    visit("http://site.example/", resolve=resolve, connect=site.connect)

    # It was resolved once, and the connection went to the address that was judged.
    assert asked == ["site.example"]
    assert site.reached == [PUBLIC]


def test_the_connection_is_to_the_judged_address_under_the_name_of_the_link():
    made = connect(urlsplit("https://site.example/"), PUBLIC, 3)

    assert isinstance(made, HTTPSConnection)
    assert (made.host, made.port, made.server_hostname) == (PUBLIC, 443, "site.example")
    assert made.ssl_context.verify_mode is ssl.CERT_REQUIRED
    plain = connect(urlsplit("http://site.example/"), PUBLIC, 30)
    assert type(plain) is HTTPConnection
    assert (plain.host, plain.port, plain.timeout) == (PUBLIC, 80, 5.0)


def test_a_circle_ends(open_site):
    site = open_site(*[answer("302 Found", "Location: /")] * 6)

    assert "more than 5 times" in site.visit().problem


def test_a_certificate_that_nobody_vouches_for_is_told(open_site, tmp_path):
    site = open_site(b"", tls=make_certificates(tmp_path).server)

    assert site.visit("https://site.example/").problem == "its certificate is not valid"


def test_what_speaks_no_tls_is_told(open_site):
    site = open_site(answer("200 OK"))

    assert site.visit("https://site.example/").problem == "no protected connection can be had"


def test_octets_that_drip_are_not_waited_for(open_site, monkeypatch):
    monkeypatch.setattr(visiting, "WHOLE_SECONDS", 0.3)
    site = open_site(answer("200 OK", "X-Long: " + "x" * 400), pause=0.02)
    began = time.monotonic()

    found = site.visit()

    assert found.problem
    assert time.monotonic() - began < 3


def test_a_chain_that_takes_too_long_ends(open_site, monkeypatch):
    monkeypatch.setattr(visiting, "WHOLE_SECONDS", 0.0)

    assert open_site(answer("200 OK")).visit().problem == "it did not answer in time"


def test_what_is_no_web_server_is_told(open_site):
    site = open_site(b"SSH-2.0-OpenSSH_9.2\r\n")

    assert site.visit().problem == "it did not answer as a web server does"


def test_a_port_where_nobody_listens_is_told(open_site):
    site = open_site()
    site.listener.close()

    assert site.visit().problem == "nobody answers there"


def test_a_name_that_does_not_exist_is_told():
    def resolve(host: str, port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    assert visit("http://gone.example/", resolve=resolve).problem == "there is no such host"


@pytest.mark.parametrize(
    ("answered", "severity", "words"),
    [
        (Visit(status=200), None, ""),
        (Visit(status=404), Severity.WARNING, "a page that is not there (404)"),
        (Visit(status=503), Severity.WARNING, "answers with an error (503)"),
        (Visit(status=403), Severity.NOTE, "turned our visit away (403)"),
        (Visit(problem="nobody answers there"), Severity.WARNING, "does not answer: nobody"),
        (Visit(problem="It is inside.", refused=True), Severity.WARNING, "was not visited. It is"),
    ],
)
def test_an_answer_is_told_with_its_place(answered, severity, words):
    url = "https://a.example/" + "x" * 80
    place = Place(anchor="lamp", title="The lamp")

    found = list(judge_answers([(url, answered)], {url: place}))

    assert [each.severity for each in found] == ([severity] if severity else [])
    assert all(words in each.what and each.place == place for each in found)
