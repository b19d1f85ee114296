"""Which addresses of the network may be visited: only those that are everybody's.

An author writes the links, and our machine stands inside somebody's network: a link must not
make it speak to what only machines inside can reach. A name is resolved once, every address that
it has is judged, and the connection goes to an address that was judged, so that a name which
means another address a moment later gains nothing.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Iterator, Sequence

from mailer.errors import ForbiddenVisit

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Sequence[str]]
# RFC 6052 §2.1 and RFC 8215 §4: an IPv4 address stands in the last 32 bits.
_TRANSLATED = tuple(map(ipaddress.IPv6Network, ("64:ff9b::/96", "64:ff9b:1::/48")))
# RFC 4291 §2.5.5.1: long out of use, and still understood by some systems.
_COMPATIBLE = ipaddress.IPv6Network("::/96")


def resolve_name(host: str, port: int) -> list[str]:
    """Return the addresses of a host's name. Raises OSError if it has none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def choose_address(host: str, port: int, *, resolve: Resolve = resolve_name) -> str:
    """Return the address of a host to connect to.

    Raises ForbiddenVisit if any address that it has is not public: one that answers now with
    one kind and now with the other means harm, or is none of our business. Raises OSError if
    the name has no address.
    """
    addresses = list(resolve(host, port))
    if not addresses:
        raise OSError("the name has no address")
    for address in addresses:
        if not is_public(address):
            raise ForbiddenVisit(f"{host} is not on the public network.")
    return addresses[0]


def is_public(address: str) -> bool:
    """Tell whether an address, and every address that it stands for, is on the public network."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:  # with a zone, as link-local ones have, it is none for everybody
        return False
    return all(_is_global(each) for each in _meant(found))


def _is_global(address: IpAddress) -> bool:
    return address.is_global and not (
        address.is_multicast or address.is_reserved or address.is_unspecified
    )


def _meant(address: IpAddress) -> Iterator[IpAddress]:
    """Yield an address, or the IPv4 addresses that it stands for where it stands for one."""
    if isinstance(address, ipaddress.IPv4Address):
        yield address
        return
    inner: list[ipaddress.IPv4Address | None] = [address.ipv4_mapped, address.sixtofour]
    inner += address.teredo or ()
    if any(address in network for network in (*_TRANSLATED, _COMPATIBLE)):
        inner.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    meant: list[IpAddress] = [each for each in inner if each is not None]
    yield from (meant or [address])
