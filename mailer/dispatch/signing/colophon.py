"""Names of those who signed, in the colophon of what they signed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from mailer.dispatch.signing.chain import list_signatures, read_roles
from mailer.models import Edition
from mailer.rendering.words_of_roles import name_role
from mailer.types import Document, Role


def add_signers(document: Document, edition: Edition) -> Document:
    """Return a document whose colophon names who has signed, if the publication wants that.

    A role that the text names already gets the name beside its own, once.
    """
    publication = edition.issue.publication
    if not publication.signers_in_colophon:
        return document
    signatures = list_signatures(edition)
    roles = {role.title: role for role in document.colophon.roles}
    for step in read_roles(publication):
        if step in signatures:
            title = name_role(step.value, document.language)
            _add(roles, title, signatures[step].name)
    return replace(document, colophon=replace(document.colophon, roles=tuple(roles.values())))


def _add(roles: dict[str, Role], title: str, name: str) -> None:
    known: Mapping[str, str] = {each.casefold(): each for each in roles}
    kept = roles.get(known.get(title.casefold(), ""), Role(title=title, names=()))
    if name.casefold() not in {each.casefold() for each in kept.names}:
        roles[kept.title] = replace(kept, names=(*kept.names, name))
