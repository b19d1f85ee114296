"""The whole way: a proof in, everything that the checks find out, the worst first."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from mailer.checks.clients import check_clients
from mailer.checks.contrast import check_contrast
from mailer.checks.envelope import check_address, check_preheader, check_subject, check_way_out
from mailer.checks.fields import check_fields
from mailer.checks.findings import Finding, Severity
from mailer.checks.headings import check_headings
from mailer.checks.links import check_anchors, check_link_texts
from mailer.checks.pictures import check_pictures
from mailer.checks.proof import Proof
from mailer.checks.size import check_size
from mailer.checks.strays import check_strays

Check = Callable[[Proof], Iterable[Finding]]
# Those that may find an error; the others only warn, and cost more.
BLOCKING: tuple[Check, ...] = (
    check_way_out,
    check_address,
    check_pictures,
    check_headings,
    check_link_texts,
    check_anchors,
    check_fields,
    check_clients,
)
CHECKS: tuple[Check, ...] = (
    *BLOCKING,
    check_subject,
    check_preheader,
    check_size,
    check_contrast,
    check_strays,
)
ORDER = tuple(Severity)


def judge_proof(proof: Proof) -> tuple[Finding, ...]:
    """Return what every check finds, the worst first, and else in the order of the checks."""
    return sort_findings(finding for check in CHECKS for finding in check(proof))


def find_errors(proof: Proof) -> tuple[Finding, ...]:
    """Return what blocks sending."""
    found = (finding for check in BLOCKING for finding in check(proof))
    return tuple(each for each in found if each.severity is Severity.ERROR)


def sort_findings(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings with the worst first, each once."""
    unique = dict.fromkeys(findings)
    return tuple(sorted(unique, key=lambda finding: ORDER.index(finding.severity)))
