"""Signing an edition off, in one's turn, and taking that back."""

from __future__ import annotations

import datetime as dt

from django.contrib.auth.models import User
from django.db import transaction

from mailer.dispatch.signing.chain import (
    Standing,
    list_signatures,
    read_chain,
    read_roles,
    seal_edition,
)
from mailer.errors import NotReady
from mailer.models import Edition, Role, SignOff


def sign(
    edition: Edition, *, role: Role, user: User, name: str, seen: str, now: dt.datetime
) -> SignOff:
    """Sign an edition off in a role, if it is that role's turn and the text is what was seen.

    Raises NotReady with the reason. Of two who sign at once one finds that it is done.
    """
    with transaction.atomic():
        locked = _lock(edition)
        seal = seal_edition(locked)
        if seen != seal:
            raise NotReady("It was changed since you looked: look once more.")
        steps = {step.role: step for step in read_chain(locked)}
        step = steps.get(role)
        if step is None:
            raise NotReady(f"The {role.label} does not sign in this publication.")
        if step.standing is Standing.SIGNED:
            raise NotReady(f"It is signed as {role.label} already.")
        if step.standing is Standing.LATER:
            raise NotReady(f"It is not yet the turn of the {role.label}.")
        if any(each.user_id == user.pk for each in list_signatures(locked).values()):
            raise NotReady("You have signed it already: another person signs this step.")
        if role == read_roles(locked.issue.publication)[-1] and count_open(locked):
            raise NotReady("There are comments that nobody has resolved: the last to sign waits.")
        return SignOff.objects.create(
            edition=locked,
            role=role,
            seal=seal,
            content_hash=locked.content_hash,
            source=locked.source,
            user=user,
            name=name[:254],
            at=now,
        )


def withdraw(edition: Edition, *, user: User, now: dt.datetime) -> SignOff:
    """Take one's own signature back. Those that came after it stand, and wait for it again.

    Raises NotReady if there is none.
    """
    with transaction.atomic():
        locked = _lock(edition)
        own = [each for each in list_signatures(locked).values() if each.user_id == user.pk]
        if not own:
            raise NotReady("You have not signed it as it is now.")
        [signature] = own
        SignOff.objects.filter(pk=signature.pk).update(withdrawn_at=now)
        return signature


def count_open(edition: Edition) -> int:
    """Return how many comments on an edition nobody has resolved."""
    return edition.comments.filter(resolved_at=None).count()


def _lock(edition: Edition) -> Edition:
    """Return the edition as it is in the database, which nobody changes meanwhile."""
    rows = Edition.objects.select_for_update(of=("self",))
    return rows.select_related("issue__publication").get(pk=edition.pk)
