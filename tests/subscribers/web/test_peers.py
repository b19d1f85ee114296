"""From where a request came, and whom we believe."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from django.test import RequestFactory

from subscribers.web.peers import find_network, find_peer


def find(peer: str, forwarded: str = "") -> str | None:
    return find_peer(
        RequestFactory().get("/", REMOTE_ADDR=peer, headers={"x-forwarded-for": forwarded})
    )


def test_a_stranger_can_not_choose_an_address():
    assert find("192.0.2.1", "198.51.100.7") == "192.0.2.1"


@pytest.mark.parametrize(
    ("forwarded", "peer"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("6.6.6.6, 198.51.100.7", "198.51.100.7"),
        ("6.6.6.6, 198.51.100.7, 10.1.1.1", "198.51.100.7"),
        ("198.51.100.7, rubbish", "10.0.0.1"),
        ("", "10.0.0.1"),
        ("10.2.2.2", "10.2.2.2"),
    ],
)
def test_a_proxy_of_ours_is_believed_as_far_as_it_goes(settings, forwarded, peer):
    settings.TRUSTED_PROXIES = (ip_network("10.0.0.0/8"), ip_network("::1/128"))

    assert find("10.0.0.1", forwarded) == peer


def test_zones_mapped_addresses_and_sockets_are_read():
    assert find("fe80::1%eth0") == "fe80::1"
    assert find("::ffff:192.0.2.1") == "192.0.2.1"
    assert find("") is None


def test_a_customer_has_one_address_or_one_network():
    assert find_network("192.0.2.1") == "192.0.2.1"
    assert find_network("2001:db8:1:2:3::4") == "2001:db8:1:2::/64"
    assert find_network(None) == "unknown"
