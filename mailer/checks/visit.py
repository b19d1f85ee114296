"""Visiting a link as a reader would, to learn whether it answers; nothing is read of the page.

Each step of a redirection is judged like the first link. The connection goes to an address that
was judged (see ``addresses``), under the name that the certificate must have.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.client import HTTPException
from urllib.parse import SplitResult, quote, urljoin, urlsplit

import idna
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from mailer.checks.addresses import Resolve, choose_address, resolve_name
from mailer.errors import ForbiddenVisit

# What a reader would not wait for either.
CONNECT_SECONDS = 5.0
WHOLE_SECONDS = 12.0
MOST_REDIRECTS = 5
LONGEST_URL = 2_000
# Another port is a service of machines, as databases and printers are.
PORTS = {"http": 80, "https": 443}
REDIRECTS = frozenset({301, 302, 303, 307, 308})
# Some sites turn away whoever is no browser; this says what we are, and is not disguised.
HEADERS = {
    "User-Agent": "Masthead (checks whether links answer)",
    "Accept": "text/html,*/*;q=0.5",
    "Accept-Encoding": "identity",
    "Connection": "close",
}
_SAFE = "%/:=&?~#+!$,;'@()*[]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """How a link answered: the last status, or 0 and the reason why there was none.

    ``refused`` says that we did not go there: not that a reader couldn't.
    """

    status: int = 0
    problem: str = ""
    refused: bool = False

    @property
    def is_good(self) -> bool:
        """Tell whether a reader gets a page."""
        return 200 <= self.status < 300


Connect = Callable[[SplitResult, str, float], HTTPConnection]


def connect(parts: SplitResult, address: str, seconds: float) -> HTTPConnection:
    """Return a connection to an address for the host and scheme of a link, not yet opened."""
    timeout = min(seconds, CONNECT_SECONDS)
    if parts.scheme == "http":
        return HTTPConnection(address, PORTS["http"], timeout=timeout)
    host = parts.hostname or ""
    return HTTPSConnection(
        address,
        PORTS["https"],
        timeout=timeout,
        server_hostname=host,
        assert_hostname=host,
        ssl_context=ssl.create_default_context(),
    )


def visit(url: str, *, resolve: Resolve = resolve_name, connect: Connect = connect) -> Visit:
    """Follow a link to its end and return how it answered; nothing is raised."""
    end = time.monotonic() + WHOLE_SECONDS
    try:
        for _ in range(MOST_REDIRECTS + 1):
            status, target = _ask(url, end=end, resolve=resolve, connect=connect)
            if status not in REDIRECTS or not target:
                return Visit(status=status)
            url = urljoin(url, target)
    except ForbiddenVisit as error:
        return Visit(problem=str(error), refused=True)
    except socket.gaierror:
        return Visit(problem="there is no such host")
    except (OSError, HTTPError, HTTPException, ValueError) as error:
        return Visit(problem=_tell(error))
    return Visit(problem=f"it leads on more than {MOST_REDIRECTS} times")


def _ask(url: str, *, end: float, resolve: Resolve, connect: Connect) -> tuple[int, str]:
    """Return the status of one request, and where it leads on."""
    parts = _read_url(url)
    host = parts.hostname or ""
    address = choose_address(host, PORTS[parts.scheme], resolve=resolve)
    seconds = end - time.monotonic()
    if seconds <= 0:
        raise TimeoutError("it takes too long")
    path = quote(parts.path or "/", safe=_SAFE)
    query = f"?{quote(parts.query, safe=_SAFE)}" if parts.query else ""
    connection = connect(parts, address, seconds)
    with _limit(connection, seconds):
        shown = f"[{host}]" if ":" in host else host
        connection.request(
            "GET", path + query, headers={"Host": shown, **HEADERS}, preload_content=False
        )
        response = connection.getresponse()
        if time.monotonic() >= end:  # headers that we cut short look as if they were whole
            raise TimeoutError("it takes too long")
        return response.status, response.headers.get("Location", "")


def _read_url(url: str) -> SplitResult:
    """Return a link's parts, its host in ASCII. Raises ForbiddenVisit for what is not visited."""
    if len(url) > LONGEST_URL:
        raise ForbiddenVisit("The address is very long.")
    parts = urlsplit(url)
    if parts.scheme not in PORTS or not parts.hostname:
        raise ForbiddenVisit("Only pages on the web are visited.")
    if parts.username is not None or parts.password is not None:
        raise ForbiddenVisit("The address has a name or a password in it.")
    if parts.port not in {None, PORTS[parts.scheme]}:
        raise ForbiddenVisit("The address names a port.")
    host = parts.hostname
    if not host.isascii():
        host = idna.encode(host, uts46=True).decode("ascii")
    return parts._replace(netloc=f"[{host}]" if ":" in host else host)


@contextlib.contextmanager
def _limit(connection: HTTPConnection, seconds: float) -> Iterator[None]:
    """Hang up after so long, however slowly octets drip; and in any case at the end."""
    timer = threading.Timer(seconds, _hang_up, [connection])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        connection.close()


def _hang_up(connection: HTTPConnection) -> None:
    # Without a socket, or with one that is closed by now, there is nothing to hang up.
    with contextlib.suppress(OSError, AttributeError):
        connection.sock.shutdown(socket.SHUT_RDWR)


def _tell(error: Exception) -> str:
    """Return in a few words why there was no answer."""
    words = f"{type(error).__name__} {error}".lower()
    if "certificate" in words or "hostname" in words:
        return "its certificate is not valid"
    if "timed out" in words or "timeout" in words or "too long" in words:
        return "it did not answer in time"
    if "refused" in words:
        return "nobody answers there"
    if "tls" in words or "ssl" in words:
        return "no protected connection can be had"
    return "it did not answer as a web server does"
