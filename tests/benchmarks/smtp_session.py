"""Measure what the SMTP transport costs for each message, and how fast it goes.

Method: Postfix's smtp-sink on a free port of this machine, as the receiving server; the transport
submits messages of 58 KB in pieces (two long literals, shared by all messages, around twenty
short values) and waits for outcomes, all in this process, over one connection. CPU is the user
and system time of this process over the messages accepted. In the same run, through the same
sink, Postfix's smtp-source sends messages of the same size over one connection: the ratio is our
messages a second over its. With --rtt-ms the way to the sink leads through a proxy that delays
each direction by half of it, and --connections may open more.

Run: python -m tests.benchmarks.smtp_session [--messages N] [--rtt-ms MS] [--connections N]
     [--lockstep]
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import time
from contextlib import ExitStack

from mailer.transport.smtp.config import SmtpConfig
from mailer.transport.smtp.pool import SmtpTransport
from mailer.types import OutcomeKind, OutgoingMessage
from tests.fakes.servers import free_port, listens, wait_until

SIZE = 58_000
LINE = b"x" * 74 + b"=\r\n"
LITERALS = [LINE * (SIZE // len(LINE) // 2)] * 2


def make_content(number: int) -> tuple[bytes, ...]:
    values = [b"value %d of %d\r\n" % (place, number) for place in range(20)]
    return (b"Subject: benchmark\r\n\r\n", LITERALS[0], *values, LITERALS[1])


def cpu_seconds(who: int = resource.RUSAGE_SELF) -> float:
    usage = resource.getrusage(who)
    return usage.ru_utime + usage.ru_stime


def drive(transport: SmtpTransport, messages: int) -> int:
    """Send messages as a sender does, and return how many were accepted."""
    accepted = sent = 0
    while sent < messages or transport.pending():
        for _ in range(min(transport.room(), messages - sent)):
            sent += 1
            transport.submit(
                OutgoingMessage(
                    delivery_id=sent,
                    sender=f"b-{sent}@bounces.example",
                    recipient=f"reader{sent}@people.example",
                    content=make_content(sent),
                )
            )
        outcomes = transport.wait(5)
        accepted += sum(outcome.kind is OutcomeKind.ACCEPTED for outcome in outcomes)
    return accepted


def measure_source(port: int, messages: int) -> tuple[float, float]:
    """Return messages a second, and CPU microseconds a message, of smtp-source."""
    before, began = cpu_seconds(resource.RUSAGE_CHILDREN), time.monotonic()
    command = ["/usr/sbin/smtp-source", "-s", "1", "-d", "-m", str(messages), "-l", str(SIZE)]
    subprocess.run([*command, f"127.0.0.1:{port}"], check=True)
    seconds = time.monotonic() - began
    cpu = cpu_seconds(resource.RUSAGE_CHILDREN) - before
    return messages / seconds, cpu / messages * 1e6


def start_sink(stack: ExitStack, *, pipelining: bool) -> int:
    port = free_port()
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    switches = [] if pipelining else ["-p"]
    command = ["/usr/sbin/smtp-sink", *user, *switches, f"127.0.0.1:{port}", "1024"]
    sink = subprocess.Popen(command)
    stack.callback(sink.wait)
    stack.callback(sink.terminate)
    wait_until(lambda: listens(port), "smtp-sink")
    return port


def start_distance(stack: ExitStack, port: int, seconds: float) -> int:
    """Start the proxy as a process of its own, so that its work is not counted as ours."""
    command = [sys.executable, "-m", "tests.fakes.distance", str(port), str(seconds)]
    proxy = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    stack.callback(proxy.communicate)
    assert proxy.stdout is not None
    return int(proxy.stdout.readline())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--rtt-ms", type=float, default=0)
    parser.add_argument("--connections", type=int, default=1)
    parser.add_argument("--lockstep", action="store_true", help="a sink without PIPELINING")
    options = parser.parse_args()
    with ExitStack() as stack:
        sink = port = start_sink(stack, pipelining=not options.lockstep)
        if options.rtt_ms:
            port = start_distance(stack, sink, options.rtt_ms / 1000)
        config = SmtpConfig(
            host="127.0.0.1",
            port=port,
            connections=options.connections,
            messages_per_connection=10**9,
        )
        transport = SmtpTransport(config)
        drive(transport, 200)
        before, began = cpu_seconds(), time.monotonic()
        accepted = drive(transport, options.messages)
        seconds, cpu = time.monotonic() - began, cpu_seconds() - before
        rate, trips = accepted / seconds, len(transport._sessions)
        transport.close()
        source_rate, source_cpu = measure_source(sink, options.messages)
    print(__doc__.partition("Run:")[0])
    print(f"accepted                {accepted} of {options.messages}, {trips} connections")
    print(f"messages a second       {rate:.0f}")
    print(f"CPU a message           {cpu / accepted * 1e6:.1f} µs")
    print(f"smtp-source             {source_rate:.0f} messages a second, {source_cpu:.1f} µs")
    print(f"ratio to smtp-source    {rate / source_rate:.2f}")


if __name__ == "__main__":
    main()
