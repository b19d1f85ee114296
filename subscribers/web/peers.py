"""From which address a request came: the peer's, or what a proxy that we trust says."""

from __future__ import annotations

import ipaddress

from django.conf import settings
from django.http import HttpRequest

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def find_peer(request: HttpRequest) -> str | None:
    """Return the client's address without its zone, or None behind a socket that has none.

    ``X-Forwarded-For`` is believed from the right, as far as those who wrote it are trusted:
    whatever stands further left may have been sent by the client.
    """
    peer = _read(request.META.get("REMOTE_ADDR", ""))
    told = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    while _is_trusted(peer) and told:
        forwarded = _read(told.pop())
        if forwarded is None:
            break
        peer = forwarded
    return None if peer is None else str(peer)


def find_network(address: str | None) -> str:
    """Return what one customer of a provider has: an IPv4 address, or a /64 of IPv6 (RFC 6177)."""
    peer = _read(address or "")
    if peer is None:
        return "unknown"
    if isinstance(peer, ipaddress.IPv4Address):
        return str(peer)
    return str(ipaddress.ip_network((peer, 64), strict=False))


def _read(text: str) -> Address | None:
    try:
        peer = ipaddress.ip_address(text.strip().partition("%")[0])
    except ValueError:
        return None
    mapped = peer.ipv4_mapped if isinstance(peer, ipaddress.IPv6Address) else None
    return mapped or peer


def _is_trusted(peer: Address | None) -> bool:
    if peer is None:
        return False
    return any(
        peer in network for network in settings.TRUSTED_PROXIES if network.version == peer.version
    )
