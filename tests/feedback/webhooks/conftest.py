"""A web server's view with every provider's secret set, and Amazon's certificate at hand."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from mailer.feedback.webhooks import sns
from mailer.feedback.webhooks.handle import handle_waiting_events
from tests.fakes.webhooks import FakePost, all_secrets, amazon_certificate


@pytest.fixture(autouse=True)
def secrets(settings) -> None:
    settings.WEBHOOKS = all_secrets()


@pytest.fixture(autouse=True)
def asked(monkeypatch) -> list[str]:
    """Answer in Amazon's stead, which no test can reach, and note what was asked."""
    asked: list[str] = []

    def answer(url: str) -> bytes:
        asked.append(url)
        return amazon_certificate()

    monkeypatch.setattr(sns, "fetch", answer)
    sns.load_certificate.cache_clear()
    return asked


@pytest.fixture
def post(db: None) -> Callable[..., int]:
    """Post to a provider's webhook, and return the status."""

    def post(provider: str, what: FakePost) -> int:
        answer = Client(enforce_csrf_checks=True).generic(
            "POST",
            f"/webhooks/{provider}",
            what.body,
            content_type=what.content_type,
            headers=what.headers,
        )
        return answer.status_code

    return post


@pytest.fixture
def tell(post: Callable[..., int]) -> Callable[..., None]:
    """Post what must be taken, and apply it."""

    def tell(provider: str, what: FakePost) -> None:
        assert post(provider, what) == 200
        handle_waiting_events(now=timezone.now())

    return tell
