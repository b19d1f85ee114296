"""Measure what rendering an issue takes once everything is warm: ``./masthead bench render``.

The reference is MRML alone: the compiler, in the same run, on the same MJML and in turns with
the whole. What the whole takes beyond it is ours: the view, the templates, the styles that are
written into the elements, and the plain text.
"""

from __future__ import annotations

import argparse
import binascii
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import mjml as compiler

from mailer.content.read import read_issue
from mailer.errors import MastheadError
from mailer.rendering.mjml import protect_attributes
from mailer.rendering.render import render_issue
from mailer.rendering.theme import load_theme
from mailer.types import Document, RenderedIssue

SAMPLE = Path(__file__).resolve().parents[2] / "mailer" / "demo" / "issues" / "sample.en.md"
WARM_UP_ROUNDS = 5  # the theme is parsed and its style sheet read in the first
METHOD = (
    "wall-clock time of one call, in one process, after {warm_up} that are not counted; both "
    "in turns, {rounds} rounds; octets: the HTML in quoted-printable; reference: MRML alone, "
    "on the MJML that the issue's rendering makes"
)


def main(arguments: list[str]) -> int:
    """Measure, print the figures, and return the exit code."""
    parser = argparse.ArgumentParser(prog="./masthead bench render", description=__doc__)
    parser.add_argument("--issue", type=Path, default=SAMPLE, help="an issue file")
    parser.add_argument("--rounds", type=int, default=100, help="default: 100")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    options = parser.parse_args(arguments)
    if options.rounds < 2:
        parser.error("--rounds is less than 2: there is no median of it")
    try:
        document = read_issue(options.issue)
    except MastheadError as error:
        sys.stderr.write(f"masthead: {error}\n")
        return 1
    figures = measure(document, rounds=options.rounds)
    if options.json:
        sys.stdout.write(json.dumps({"issue": options.issue.name, **figures}) + "\n")
    else:
        sys.stdout.writelines(f"{name:<24}{value}\n" for name, value in figures.items())
    return 0


def measure(document: Document, *, rounds: int) -> dict[str, object]:
    """Return the figures of an issue, its rendering and MRML alone measured in turns."""
    rendered = render(document)
    source = protect_attributes(rendered.mjml)
    ours: list[float] = []
    theirs: list[float] = []
    for number in range(WARM_UP_ROUNDS + rounds):
        times = [clock(lambda: render(document)), clock(lambda: compile_alone(source))]
        if number >= WARM_UP_ROUNDS:
            ours.append(times[0])
            theirs.append(times[1])
    return {
        "warm_ms_median": round(statistics.median(ours), 2),
        "warm_ms_p95": round(statistics.quantiles(ours, n=20)[-1], 2),
        "html_octets_encoded": len(binascii.b2a_qp(rendered.html.encode())),
        "text_octets": len(rendered.text.encode()),
        "reference_ms_median": round(statistics.median(theirs), 2),
        "ratio": round(statistics.median(ours) / statistics.median(theirs), 2),
        "rounds": rounds,
        "method": METHOD.format(warm_up=WARM_UP_ROUNDS, rounds=rounds),
    }


def render(document: Document) -> RenderedIssue:
    return render_issue(
        document,
        theme=load_theme(),
        picture_url=lambda each: f"https://news.example.org/pictures/{each.name}",
    )


def compile_alone(mjml: str) -> str:
    return str(compiler.mjml2html(mjml, fonts={}, social_icon_origin=""))


def clock(work: Callable[[], object]) -> float:
    """Return how many milliseconds a call takes."""
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1_000
