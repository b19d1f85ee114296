"""A name server on a free port of this machine, which knows what it is told."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

Zone = Mapping[tuple[str, str], Sequence[str]]
SILENT = "silent"  # the value of a record that is never answered


@contextmanager
def serve_zone(zone: Zone) -> Iterator[int]:
    """Answer from this zone, and yield the port."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            octets, sock = self.request
            answer = answer_from(zone, dns.message.from_wire(octets))
            if answer is not None:
                sock.sendto(answer.to_wire(), self.client_address)

    with socketserver.ThreadingUDPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def answer_from(zone: Zone, question: dns.message.Message) -> dns.message.Message | None:
    asked = question.question[0]
    name, kind = str(asked.name).rstrip(".").lower(), dns.rdatatype.to_text(asked.rdtype)
    values = zone.get((name, kind), ())
    if SILENT in values:
        return None
    answer = dns.message.make_response(question)
    answer.flags |= dns.flags.RA
    if values:
        answer.answer.append(dns.rrset.from_text(asked.name, 60, "IN", kind, *values))
    elif not any(known == name for known, _ in zone):
        answer.set_rcode(dns.rcode.NXDOMAIN)
    return answer
