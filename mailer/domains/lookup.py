"""Asking name servers, with a bound on how long."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import dns.exception
import dns.resolver
import dns.reversename

from mailer.errors import LookupFailed

# One question; a page asks about a dozen, most of which are answered in a few milliseconds.
SECONDS = 3.0

# A name and a kind of record ("TXT", "MX", "A", "PTR" …): the values, or none.
Look = Callable[[str, str], Sequence[str]]


def make_look(nameservers: Sequence[str] = (), *, port: int = 53) -> Look:
    """Return a way to ask: the system's name servers, or these. It raises LookupFailed."""
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = list(nameservers), port
    resolver.lifetime = SECONDS

    def look(name: str, kind: str) -> Sequence[str]:
        try:
            if not resolver.nameservers:
                resolver.read_resolv_conf("/etc/resolv.conf")
            answer = resolver.resolve(name, kind, search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return ()
        except (dns.exception.DNSException, OSError, UnicodeError) as error:
            raise LookupFailed(f"{name} can't be looked up: {_say(error)}") from error
        return [_write(each) for each in answer]

    return look


def reverse(address: str) -> str:
    """Return the name under which an IP address has its own name (RFC 1035 §3.5)."""
    return str(dns.reversename.from_address(address))


def _write(record: object) -> str:
    """Return a record's value; a text's strings are one (RFC 7208 §3.3, RFC 6376 §3.6.2.2)."""
    strings = getattr(record, "strings", None)
    if strings is not None:
        return b"".join(strings).decode("utf-8", "replace")
    return str(record)


def _say(error: Exception) -> str:
    if isinstance(error, dns.exception.Timeout):
        return "no name server answers in time."
    return f"{str(error)[:200] or type(error).__name__}."
