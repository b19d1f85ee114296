"""People at the desk, each in a role."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from django.contrib.auth.models import User

from mailer.models import Membership, Publication, Role

PASSWORD = "a long pass phrase"


def make_user(name: str = "ada", **fields: object) -> User:
    """Make somebody who can log in, with an address that is known to be theirs."""
    email = f"{name}@desk.example"
    user = User.objects.create_user(name, email=email, password=PASSWORD, **fields)
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user


def make_member(publication: Publication, role: Role) -> User:
    """Make somebody who has this role in the publication."""
    user = make_user(role.value)
    Membership.objects.create(user=user, publication=publication, role=role)
    return user
