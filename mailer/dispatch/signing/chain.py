"""The chain of signatures that a publication sets, and where an edition stands in it.

A signature is bound to a seal: of the text, the pictures, the theme, the sender and those of
the publication's lists. Whatever of these is changed makes another seal, for which nobody signed.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from operator import attrgetter

from django.db.models import prefetch_related_objects

from mailer.dispatch.editions.intake import hash_content
from mailer.models import Edition, Publication, Role, SignOff

# Who only looks, and who runs the desk, sign nothing.
SIGNING_ROLES = (Role.AUTHOR, Role.EDITOR, Role.LANGUAGE, Role.RESPONSIBLE)


class Standing(StrEnum):
    """Where a step of the chain stands."""

    SIGNED = "signed"
    NEXT = "next"
    LATER = "later"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step of the chain, and the signature that holds for the edition as it is, if any."""

    role: Role
    standing: Standing
    signature: SignOff | None = None


def read_roles(publication: Publication) -> tuple[Role, ...]:
    """Return the roles that sign, in their order; none if the publication has no chain."""
    return tuple(Role(each) for each in publication.chain if each in SIGNING_ROLES)


def seal_edition(edition: Edition) -> str:
    """Return the seal of an edition as it is, from its text itself and not what is said of it."""
    publication = edition.issue.publication
    parts = (
        hash_content(edition.source, [str(each["name"]) for each in edition.pictures.values()]),
        edition.language,
        repr(sorted((key, each["name"]) for key, each in edition.pictures.items())),
        publication.theme,
        publication.sender_name,
        publication.sender_address,
        publication.reply_to,
        *_list_senders(publication),
    )
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _list_senders(publication: Publication) -> list[str]:
    """Return the senders that lists have of their own: a mailing to one of them comes from it."""
    prefetch_related_objects([publication], "lists")  # once, however many editions are sealed
    return [
        repr((each.slug, each.sender_name or each.name, each.sender_address, each.reply_to))
        for each in sorted(publication.lists.all(), key=attrgetter("slug"))
        if each.sender_address
    ]


def list_signatures(edition: Edition) -> dict[str, SignOff]:
    """Return the signatures that hold for an edition as it is, by role."""
    seal = seal_edition(edition)
    return {
        each.role: each
        for each in edition.sign_offs.all()
        if each.seal == seal and each.withdrawn_at is None
    }


def read_chain(edition: Edition) -> list[Step]:
    """Return the steps of an edition's chain, of which one at most is next."""
    signatures = list_signatures(edition)
    steps: list[Step] = []
    for role in read_roles(edition.issue.publication):
        signature = signatures.get(role)
        is_turn = all(step.standing is Standing.SIGNED for step in steps)
        standing = Standing.LATER
        if is_turn:
            standing = Standing.SIGNED if signature else Standing.NEXT
        steps.append(Step(role=role, standing=standing, signature=signature))
    return steps


def find_missing(edition: Edition) -> Role | None:
    """Return the role whose signature an edition lacks first, or None if it may be sent."""
    steps = read_chain(edition)
    return next((step.role for step in steps if step.standing is not Standing.SIGNED), None)


def find_voided(edition: Edition) -> SignOff | None:
    """Return the last signature for a text that the edition had before, if it has none that holds.

    It shows what was changed since somebody signed.
    """
    if list_signatures(edition):
        return None
    kept = [each for each in edition.sign_offs.all() if each.withdrawn_at is None]
    return kept[-1] if kept else None
