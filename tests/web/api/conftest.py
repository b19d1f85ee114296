"""A publication with readers and a token of each scope."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from mailer.models import ApiToken, Publication, Role, Scope
from tests.fakes.desk import make_member
from tests.fakes.world import join_many, make_list, make_publication

Ask = Callable[..., Any]


@pytest.fixture
def readers(db: None):
    group = make_list()
    join_many(3, group)
    return group


@pytest.fixture
def publication(readers) -> Publication:
    return make_publication(readers)


@pytest.fixture
def make_token(publication: Publication) -> Callable[[Scope], str]:
    user = make_member(publication, Role.ADMIN)

    def make(scope: Scope) -> str:
        now = timezone.now()
        return ApiToken.make(publication, name="members", scope=scope, user=user, now=now)[1]

    return make


@pytest.fixture
def ask(make_token) -> Ask:
    """Ask as a program with a token that may do everything."""
    token = make_token(Scope.PEOPLE)
    client = Client(enforce_csrf_checks=True)

    def ask(path: str, body: object = None, *, token: str = token) -> Any:
        headers = {"Authorization": f"Bearer {token}"}
        if body is None:
            return client.get(f"/api/v1/{path}", headers=headers)
        return client.post(
            f"/api/v1/{path}", body, content_type="application/json", headers=headers
        )

    return ask
