"""The pages of a publication's house and of one's own account, with something on each."""

from __future__ import annotations

from django.utils import timezone

from mailer.models import (
    ApiToken,
    DomainLimit,
    Mailing,
    Membership,
    Publication,
    Role,
    Scope,
    Transport,
)
from tests.fakes.desk import make_member

MFA = ("", "totp/activate/", "webauthn/", "webauthn/add/")


def fill_house(publication: Publication, sent: Mailing, url: str) -> dict[str, str]:
    """Make a token and a second member; return the pages beside those of issues and people."""
    now, own = timezone.now(), f"{url}/desk/{publication.slug}"
    editor = make_member(publication, Role.EDITOR)
    member = Membership.objects.get(user=editor)
    token, _ = ApiToken.make(publication, name="members", scope=Scope.READ, user=editor, now=now)
    server = Transport.objects.create(name="own", url="smtp://127.0.0.1:25", daily_cap=90_000)
    limit = DomainLimit.objects.create(provider="gmail", messages_per_second=20)
    reader = sent.deliveries.first().email
    return {
        "preview-reader": f"{own}/issues/7/editions/en/?view=reader&reader={reader}",
        "try": f"{own}/issues/7/try/",
        "interest": f"{own}/mailings/{sent.pk}/interest/",
        "list-new": f"{own}/people/lists/new/",
        "suppressions-sorted": f"{own}/people/suppressions/?sort=address",
        "settings": f"{own}/settings/",
        "team": f"{own}/settings/team/",
        "team-none": f"{own}/settings/team/?q=nobody",
        "remove-member": f"{own}/settings/team/{member.pk}/remove",
        "domain": f"{own}/settings/domain/",
        "servers": f"{own}/settings/servers/",
        "limits": f"{own}/settings/limits/",
        "limits-change": f"{own}/settings/limits/servers/{server.pk}/",
        "limits-drop": f"{own}/settings/limits/{limit.pk}/drop",
        "tokens": f"{own}/settings/tokens/",
        "withdraw-token": f"{own}/settings/tokens/{token.pk}/withdraw",
        "webhooks": f"{own}/settings/webhooks/",
        "password": f"{url}/accounts/password/change/",
        "sessions": f"{url}/accounts/sessions/",
        **{f"mfa-{path.replace('/', '-')}": f"{url}/accounts/2fa/{path}" for path in MFA},
    }
