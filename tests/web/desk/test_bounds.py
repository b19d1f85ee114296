"""However much there is, a page asks the database a few times."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from mailer.message.signing_keys import Algorithm
from mailer.models import (
    ApiToken,
    AuditEntry,
    DkimKey,
    DomainLimit,
    FrozenEdition,
    Link,
    Mailing,
    MailingState,
    ProviderEvent,
    Publication,
    Scope,
    Transport,
)
from mailer.types import Signals
from tests.fakes.desk import make_user
from tests.fakes.world import NOW, make_list

MANY = 12
# A page by its name, with what stands in its address, and the most queries that it may take.
BOUNDS = {
    "audit": 7,
    "interest": 7,
    "interest_page": 14,
    "settings": 9,
    "domain": 8,
    "servers": 6,
    "limits": 11,
    "tokens": 6,
    "services": 6,
    "preview": 8,
    "difference": 10,
    "plan": 13,
}
OF_EDITION = ("preview", "difference")


@pytest.fixture
def filled(mailing: Mailing, publication: Publication) -> Mailing:
    """Make a dozen of each thing that these pages list."""
    now, user = timezone.now(), make_user("maker")
    Mailing.objects.filter(pk=mailing.pk).update(state=MailingState.SENT, finished_at=now)
    frozen = FrozenEdition.objects.create(
        mailing=mailing,
        edition=mailing.issue.editions.get(),
        language="en",
        content_hash="x",
        html="<h3>Briefly</h3>",
        compiled=b"",
        signals=Signals.PEOPLE,
    )
    for number in range(1, MANY + 1):
        AuditEntry.objects.create(
            publication=publication, user=user, actor="ada", act="did", subject="x", at=NOW
        )
        ApiToken.make(publication, name=str(number), scope=Scope.READ, user=user, now=now)
        Link.objects.create(
            frozen_edition=frozen, number=number, url="https://a.example/", article=str(number)
        )
        Transport.objects.create(name=f"own {number}", url=f"smtp://127.0.0.{number}:25")
        publication.lists.add(make_list(f"list-{number}", sender_address=f"a@l{number}.example"))
        DomainLimit.objects.create(provider=f"p{number}.example", daily_cap=5)
        ProviderEvent.objects.create(provider="ses", key=str(number), received_at=now)
    DkimKey.make(publication.sender_domain, algorithm=Algorithm.ED25519, now=now, selector="s1")
    return mailing


def find(name: str, mailing: Mailing) -> str:
    place: list[object] = ["harbour"]
    if name in {"interest", "interest_page"}:
        place += [mailing.pk, *(["en"] if name == "interest_page" else [])]
    if name in {*OF_EDITION, "plan"}:
        place += [mailing.issue.number, *(["en"] if name in OF_EDITION else [])]
    return reverse(f"desk:{name}", args=place)


@pytest.mark.parametrize("name", BOUNDS)
def test_a_page_with_much_on_it_takes_few_queries(
    admin, filled, name, django_assert_max_num_queries
):
    admin.get(reverse("desk:today", args=["harbour"]))  # the first page of a log-in notes it
    with django_assert_max_num_queries(BOUNDS[name]):
        assert admin.get(find(name, filled)).status_code == 200
