"""Measure what a DKIM signature costs a recipient, beside the merge of the same message.

Run ``python tests/benchmarks/dkim.py``. Each method makes the same 58 KB message for the same
recipients, in turns, in one process; of several rounds the fastest counts. The bare signature
of 32 octets is measured in the same turns: what is above it is what we add.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from merge import HEADERS, ROUNDS, make_issue, measure, say, values_for

from mailer.message.compile import compile_message
from mailer.message.dkim import SignableMessage, Signer, _apply, merge_signed, prepare_signing
from mailer.message.signing_keys import Algorithm, make_key, read_key
from mailer.message.storage import dump, load

DIGEST = bytes(32)
SIGNED_AT = 1_772_352_000


def list_methods(signable: SignableMessage) -> dict[str, Callable[[Mapping[str, str]], bytes]]:
    """Return what is measured, by name."""
    keys = {algorithm: read_key(make_key(algorithm)) for algorithm in Algorithm}
    signers = {
        algorithm: Signer(domain="harbour.example", selector="s1", key=key)
        for algorithm, key in keys.items()
    }
    sets: dict[str, tuple[Signer, ...]] = {"merge, unsigned": ()}
    sets |= {f"merge and {name}": (signer,) for name, signer in signers.items()}
    sets["merge and both"] = tuple(signers.values())
    methods: dict[str, Callable[[Mapping[str, str]], bytes]] = {
        name: lambda values, chosen=chosen: merge_signed(
            signable, values, chosen, signed_at=SIGNED_AT
        )
        for name, chosen in sets.items()
    }
    for name, key in keys.items():
        methods[f"{name} signature alone"] = lambda _, key=key: _apply(key, DIGEST)
    return methods


def main() -> None:
    """Print a line for each method."""
    compiled = load(dump(compile_message(make_issue(), headers=HEADERS)))
    methods = list_methods(prepare_signing(compiled))
    recipients = [values_for(number) for number in range(20)]
    best = dict.fromkeys(methods, float("inf"))
    for _ in range(ROUNDS):
        for name, work in methods.items():
            best[name] = min(best[name], measure(work, recipients))
    for name, cost in best.items():
        say(f"{name:28} {cost:9.1f} µs of CPU a message")


if __name__ == "__main__":
    main()
