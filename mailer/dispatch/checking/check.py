"""Checking an issue's editions: rendered as they would be sent, judged, and what was accepted.

An error blocks sending (see ``clearance``). A warning wants somebody's name.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from mailer.checks.answers import judge_answers
from mailer.checks.findings import Finding, Place, Severity
from mailer.checks.judge import judge_proof, sort_findings
from mailer.checks.languages import compare_editions
from mailer.checks.links import find_places, list_urls
from mailer.checks.proof import Proof, pull_proof
from mailer.checks.size import Share, list_shares, measure
from mailer.checks.visit import Visit
from mailer.dispatch.freezing.freeze import read_edition, render_document
from mailer.dispatch.freezing.variants import find_variants
from mailer.models import Acceptance, Edition, Issue, LinkRound
from mailer.types import Document

# An issue's languages, and a few issues that are worked on at the same time.
KEPT_JUDGEMENTS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What the checks say of an edition's text as it stands: it changes only with the text."""

    document: Document
    findings: tuple[Finding, ...]
    octets: int
    shares: tuple[Share, ...]
    urls: tuple[str, ...]
    places: Mapping[str, Place]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """An edition with all that was found, and the names under its warnings, by their keys.

    ``problem`` says why it can't be rendered, if so; ``links`` is the last round of visits to
    the links of this very text.
    """

    edition: Edition
    findings: tuple[Finding, ...] = ()
    accepted: Mapping[str, Acceptance]
    judgement: Judgement | None = None
    links: LinkRound | None = None

    @property
    def errors(self) -> list[Finding]:
        """Return what blocks sending."""
        return [each for each in self.findings if each.severity is Severity.ERROR]

    @property
    def open_warnings(self) -> list[Finding]:
        """Return the warnings that nobody has put their name under."""
        return [
            each
            for each in self.findings
            if each.severity is Severity.WARNING and each.key not in self.accepted
        ]


def judge_edition(edition: Edition) -> Judgement:
    """Return what the checks say of an edition. Raises MastheadError if it can't be rendered."""
    theme = edition.issue.publication.theme
    return _judge_once(edition.pk, edition.content_hash, theme)


@lru_cache(maxsize=KEPT_JUDGEMENTS)
def _judge_once(edition_id: int, _content_hash: str, _theme: str) -> Judgement:
    edition = Edition.objects.select_related("issue__publication").get(pk=edition_id)
    proof = _pull(edition)
    return Judgement(
        document=proof.document,
        findings=judge_proof(proof),
        octets=measure(proof),
        shares=tuple(list_shares(proof)),
        urls=list_urls(proof),
        places=find_places(proof),
    )


def _pull(edition: Edition) -> Proof:
    """Return the proof of an edition as people in all its segments see it: nothing is left out."""
    *_, segments = find_variants(edition).values()
    document = read_edition(edition, segments)
    return pull_proof(document, render_document(document, edition))


def check_issue(issue: Issue) -> list[Checked]:
    """Return every edition of an issue, checked. Raises MastheadError if one can't be rendered."""
    editions = list(
        issue.editions.select_related("issue__publication", "link_round")
        .prefetch_related("acceptances")
        .order_by("language")
    )
    judged = {each.language: judge_edition(each) for each in editions}
    compared = compare_editions(
        {language: each.document for language, each in judged.items()},
        expected=_list_expected(issue),
    )
    missing = [each for tag, own in compared.items() if tag not in judged for each in own]
    found = []
    for number, edition in enumerate(editions):
        # What the issue as a whole lacks is told once, with its first edition.
        beside = [*compared[edition.language], *([] if number else missing)]
        found.append(_check(edition, judged[edition.language], beside))
    return found


def accept(
    edition: Edition, findings: Iterable[Finding], *, user: Any, name: str, now: dt.datetime
) -> list[Finding]:
    """Put somebody's name under warnings that have none; return those that it was put under."""
    taken = []
    for finding in findings:
        _, made = Acceptance.objects.get_or_create(
            edition=edition,
            key=finding.key,
            defaults={"what": finding.what[:500], "user": user, "name": name[:254], "at": now},
        )
        if made:
            taken.append(finding)
    return taken


def read_answers(links: LinkRound) -> list[tuple[str, Visit]]:
    """Return how the links of a round answered."""
    return [
        (
            str(each["url"]),
            Visit(status=each["status"], problem=each["problem"], refused=each["refused"]),
        )
        for each in links.answers
    ]


def _check(edition: Edition, judgement: Judgement, beside: Sequence[Finding]) -> Checked:
    links = getattr(edition, "link_round", None)
    if links is not None and links.content_hash != edition.content_hash:
        links = None
    answers = judge_answers(read_answers(links), judgement.places) if links else ()
    return Checked(
        edition=edition,
        findings=sort_findings([*judgement.findings, *beside, *answers]),
        accepted={each.key: each for each in edition.acceptances.all()},
        judgement=judgement,
        links=links,
    )


def _list_expected(issue: Issue) -> list[str]:
    """Return the languages of the issue before."""
    earlier = Issue.objects.filter(publication=issue.publication, number__lt=issue.number)
    last = earlier.order_by("-number").first()
    return list(last.editions.values_list("language", flat=True)) if last else []
