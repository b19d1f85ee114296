"""Examining a sender as large receivers do: its records, the way back, and its server's name."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator
from functools import partial

from mailer.domains.dmarc import examine_dmarc
from mailer.domains.findings import Finding, Level, Sender
from mailer.domains.lookup import Look, reverse
from mailer.domains.spf import examine_spf
from mailer.errors import LookupFailed

LOCAL_NAMES = ("localhost",)


def examine(sender: Sender, look: Look) -> list[Finding]:
    """Return everything that is found; what nobody could be asked about is a finding too."""
    parts: list[tuple[str, Callable[[], Iterator[Finding]]]] = [
        ("SPF", partial(examine_spf, sender, look)),
        ("DKIM", partial(_examine_keys, sender, look)),
        ("DMARC", partial(examine_dmarc, sender, look)),
        ("The way back", partial(_examine_way_back, sender, look)),
        *(("Server name", partial(_examine_server, each, look)) for each in sender.servers),
        ("TLS", partial(_examine_tls, sender, look)),
    ]
    return [finding for about, part in parts for finding in _take(about, part)]


def examine_another(sender: Sender, look: Look) -> list[Finding]:
    """Return what is found about one more domain in From, whose mail goes the same way."""
    keys, policy = partial(_examine_keys, sender, look), partial(examine_dmarc, sender, look)
    return [*_take("DKIM", keys), *_take("DMARC", policy)]


def _take(about: str, part: Callable[[], Iterator[Finding]]) -> list[Finding]:
    try:
        return list(part())
    except LookupFailed as error:
        return [Finding(about=about, level=Level.UNKNOWN, words=str(error))]


def _examine_keys(sender: Sender, look: Look) -> Iterator[Finding]:
    """Compare each key's record with the key (RFC 6376 §3.6.1)."""
    say = partial(Finding, about="DKIM")
    if not sender.keys:
        yield say(
            level=Level.ERROR,
            words=f"Nothing signs mail from {sender.domain}: Gmail and Yahoo refuse bulk mail"
            f" without a signature. Make a key with ./masthead manage dkim_key create"
            f" {sender.domain}.",
        )
    for key in sender.keys:
        found = [text for text in look(key.host, "TXT") if "p=" in text]
        wanted = partial(say, name=key.host, value=key.record)
        if not found:
            yield wanted(level=Level.ERROR, words=f"The key at {key.host} is not published.")
        elif len(found) > 1:
            yield wanted(
                level=Level.ERROR, words=f"{key.host} has {len(found)} records: keep one of them."
            )
        elif _read_tag(found[0], "p") != _read_tag(key.record, "p"):
            yield wanted(
                level=Level.ERROR,
                words=f"What stands at {key.host} is another key: every signature fails.",
            )
        else:
            yield say(level=Level.GOOD, words=f"Mail is signed, and {key.host} has the key.")


def _read_tag(record: str, name: str) -> str:
    """Return a tag's value without white space (RFC 6376 §3.2)."""
    for tag in record.split(";"):
        key, _, value = tag.partition("=")
        if key.strip() == name:
            return "".join(value.split())
    return ""


def _examine_way_back(sender: Sender, look: Look) -> Iterator[Finding]:
    """See whether bounces find their way (RFC 5321 §5.1)."""
    say = partial(Finding, about="The way back")
    domain = sender.bounce_domain
    servers = [text.split()[-1].rstrip(".") for text in look(domain, "MX")]
    if servers == [""]:  # RFC 7505
        yield say(level=Level.ERROR, words=f"{domain} says that it takes no mail: no bounce comes.")
    elif servers:
        yield say(level=Level.GOOD, words=f"Bounces go to {', '.join(sorted(servers))}.")
    elif look(domain, "A") or look(domain, "AAAA"):
        yield say(level=Level.GOOD, words=f"Bounces go to {domain} itself, which has no MX.")
    else:
        yield say(
            level=Level.ERROR,
            words=f"{domain} has no mail server: no bounce and no complaint comes back, and many"
            " receivers refuse mail from it.",
            name=domain,
            kind="MX",
            value="10 the name of the machine whose port 25 leads to the inbound listener",
        )


def _examine_server(server: str, look: Look) -> Iterator[Finding]:
    """See whether a mail server's address has a name that leads back to it (RFC 1912 §2.1)."""
    say = partial(Finding, about="Server name")
    addresses = _find_addresses(server, look)
    if not addresses:
        yield say(level=Level.ERROR, words=f"{server} has no address.")
    for address in addresses:
        if not ipaddress.ip_address(address).is_global:
            yield say(
                level=Level.UNKNOWN,
                words=f"Mail leaves by {server} ({address}), which is in your own network: see"
                " there under which address and name the world sees it.",
            )
            continue
        names = [name.rstrip(".") for name in look(reverse(address), "PTR")]
        if any(address in _find_addresses(name, look) for name in names):
            yield say(level=Level.GOOD, words=f"{address} is {names[0]}, and the other way round.")
        else:
            yield say(
                level=Level.ERROR,
                words=f"{address} ({server}) has no name that leads back to it: large receivers"
                " refuse its mail. Its provider sets the record.",
                name=reverse(address).rstrip("."),
                kind="PTR",
                value=server,
            )


def _find_addresses(host: str, look: Look) -> list[str]:
    try:
        return [str(ipaddress.ip_address(host))]
    except ValueError:
        if host in LOCAL_NAMES:
            return ["127.0.0.1"]
        return [str(ipaddress.ip_address(each)) for each in (*look(host, "A"), *look(host, "AAAA"))]


def _examine_tls(sender: Sender, look: Look) -> Iterator[Finding]:
    """See whether the way back asks for TLS (MTA-STS, RFC 8461 §3.1)."""
    name = f"_mta-sts.{sender.bounce_domain}"
    has_policy = any(text.startswith("v=STSv1") for text in look(name, "TXT"))
    say = partial(Finding, about="TLS")
    if has_policy:
        yield say(level=Level.GOOD, words="Servers that send mail back are told to use TLS.")
    else:
        yield say(
            level=Level.NOTE,
            words="Servers that send mail back may do so in the clear. A policy file at"
            f" https://mta-sts.{sender.bounce_domain}/.well-known/mta-sts.txt and this record"
            " forbid it.",
            name=name,
            value="v=STSv1; id=1",
        )
