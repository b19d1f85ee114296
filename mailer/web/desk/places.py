"""Where a finding's place is at the desk: the block in the editor, or else in the preview."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.urls import reverse

from mailer.checks.findings import Place
from mailer.checks.proof import list_parts
from mailer.models import Draft, Edition
from mailer.types import Document
from mailer.web.desk.editing.parts import HEAD
from mailer.web.desk.entry import Desk

# What is written at the head of an issue, and not in a block.
OF_HEAD = frozenset({"subject", "preheader", "postal-address"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """The addresses of an edition's places, for who is at the desk.

    ``names`` are the names of the draft's parts, by anchor and block; there are none if the draft
    says something else than the edition, or nobody may write.
    """

    desk: Desk
    edition: Edition
    names: Mapping[tuple[str, int], str] = field(default_factory=dict)

    def locate(self, place: Place, rule: str = "") -> str:
        """Return the address of a place, or nothing for the issue as a whole."""
        own = [self.desk.publication.slug, self.edition.issue.number, self.edition.language]
        name = self.names.get((place.anchor, place.block), "")
        if not place.anchor and rule in OF_HEAD and self.names:
            name = HEAD
        if name:
            return reverse("desk:write", args=own) + f"?part={name}"
        if not place.anchor:
            return ""
        return reverse("desk:page", args=own) + f"#{place.anchor}"


def find_places(desk: Desk, edition: Edition, document: Document, draft: Draft | None) -> Places:
    """Return the places of an edition, by its draft if this one says the same."""
    says_the_same = draft is not None and draft.is_kept and draft.kept_hash == edition.content_hash
    if draft is None or not says_the_same or "write" not in desk.allowed:
        return Places(desk=desk, edition=edition)
    keys = [
        (part.anchor, number)
        for part in list_parts(document)
        for number in range(len(part.blocks) + 1)
    ]
    names = [str(part["id"]) for part in draft.content["parts"]]
    if len(names) != len(keys):
        return Places(desk=desk, edition=edition)
    return Places(desk=desk, edition=edition, names=dict(zip(keys, names, strict=True)))
