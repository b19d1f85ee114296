"""Every address of the desk by every role: a new page without a line here fails."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import resolve, reverse

from mailer.dispatch.control.schedule import create_mailing
from mailer.models import (
    ApiToken,
    DomainLimit,
    FrozenEdition,
    Membership,
    Publication,
    Role,
    Scope,
    Transport,
)
from mailer.web.desk import urls
from mailer.web.desk.permissions import PERMISSIONS, Act, may
from subscribers.importing.files import refused_of
from subscribers.importing.lifecycle import Wish, keep_import
from subscribers.models import Import, Segment, Subscriber, Suppression, SuppressionReason
from subscribers.suppression import suppress
from tests.fakes.desk import make_member, make_user
from tests.fakes.world import NOW, make_edition, make_list

EVERYBODY = set(Role)
WRITERS = {Role.ADMIN, Role.RESPONSIBLE, Role.LANGUAGE, Role.EDITOR, Role.AUTHOR}
EDITORS = {Role.ADMIN, Role.RESPONSIBLE, Role.EDITOR}
SENDERS = {Role.ADMIN, Role.RESPONSIBLE}
ADMINS = {Role.ADMIN}

# Written down once more, apart from the code's own table: one mistake is not enough.
PAGES = {
    "today": EVERYBODY,
    "issues": EVERYBODY,
    "take_in": WRITERS,
    "issue": EVERYBODY,
    "preview": EVERYBODY,
    "page": EVERYBODY,
    "source": EVERYBODY,
    "checks": EVERYBODY,
    "accept": WRITERS,
    "visit": WRITERS,
    "sign_off": EVERYBODY,
    "sign": WRITERS,
    "unsign": WRITERS,
    "difference": EVERYBODY,
    "review": EVERYBODY,
    "comment": WRITERS,
    "resolve": WRITERS,
    "order": ADMINS,
    "try": WRITERS,
    "as_reader": EDITORS,
    "retry": EDITORS,
    "correct": EDITORS,
    "calendar": EVERYBODY,
    "plan": EDITORS,
    "change_plan": EDITORS,
    "check": EVERYBODY,
    "confirm": SENDERS,
    "sending": EVERYBODY,
    "pause": EDITORS,
    "resume": SENDERS,
    "go_on": SENDERS,
    "take_back": SENDERS,
    "cancel": SENDERS,
    "report": EVERYBODY,
    "interest": EVERYBODY,
    "interest_page": EVERYBODY,
    "report_csv": EVERYBODY,
    "audit": ADMINS,
    "readers": ADMINS,
    "add_reader": ADMINS,
    "export_readers": ADMINS,
    "reader": ADMINS,
    "take_off": ADMINS,
    "suppress_reader": ADMINS,
    "reader_data": ADMINS,
    "erase_reader": ADMINS,
    "segments": EDITORS,
    "new_segment": ADMINS,
    "count_segment": ADMINS,
    "segment": EDITORS,
    "change_segment": ADMINS,
    "delete_segment": ADMINS,
    "imports": ADMINS,
    "new_import": ADMINS,
    "import": ADMINS,
    "refused": ADMINS,
    "suppressions": ADMINS,
    "add_suppression": ADMINS,
    "take_suppressions": ADMINS,
    "give_suppressions": ADMINS,
    "lift": ADMINS,
    "returns": ADMINS,
    "lists": EDITORS,
    "new_list": ADMINS,
    "list": EDITORS,
    "change_list": ADMINS,
    "settings": ADMINS,
    "team": ADMINS,
    "role": ADMINS,
    "remove_member": ADMINS,
    "domain": ADMINS,
    "servers": ADMINS,
    "services": ADMINS,
    "limits": ADMINS,
    "change_limits": ADMINS,
    "drop_limit": ADMINS,
    "tokens": ADMINS,
    "withdraw_token": ADMINS,
    "begin_issue": WRITERS,
    "write": WRITERS,
    "proof": WRITERS,
    "add_part": WRITERS,
    "save_part": WRITERS,
    "move_part": WRITERS,
    "delete_part": WRITERS,
    "restore_part": WRITERS,
    "keep_draft": WRITERS,
    "take_file": WRITERS,
    "take_word": WRITERS,
    "languages": EVERYBODY,
    "begin_language": WRITERS,
    "history": WRITERS,
    "revision": WRITERS,
    "go_back": WRITERS,
}
# A form that nothing is written in is refused with a page that says so.
ANSWERS = {200, 302, 422}
# What needs no part in a publication; each has tests of its own.
DOORS = {"publications", "first"}
PLACE = {
    "slug": "harbour",
    "number": 7,
    "language": "en",
    "part": "head",
    "revision": 1,
    "group": "readers",
}
# What a page that is pressed must be told, or it is not found.
PRESSED = {"take_off": {"list": "readers"}}
THINGS = {
    "person_id": Subscriber,
    "segment_id": Segment,
    "import_id": Import,
    "row_id": Suppression,
    "token_id": ApiToken,
    "server_id": Transport,
    "limit_id": DomainLimit,
}
NAMES = [pattern.name for pattern in urls.urlpatterns]


@pytest.fixture(autouse=True)
def things(readers, settings, tmp_path) -> None:
    """Make one of each thing about people, as their pages have it in their addresses."""
    settings.VAR_DIR = tmp_path
    Segment.objects.create(name="All", rule={"field": "email", "operator": "is_set"})
    suppress("held@people.example", reason=SuppressionReason.MANUAL, origin="test", now=NOW)
    wish = Wish(group=readers, basis="members")
    Transport.objects.create(name="own", url="smtp://127.0.0.1:25")
    DomainLimit.objects.create(provider="gmail", daily_cap=5)
    kept = keep_import(
        [b"email\nada@people.example\n"], name="p.csv", wish=wish, owner_id=None, now=NOW
    )
    refused_of(kept.pk, dry_run=False).write_text("line,reason\n")


@pytest.fixture
def mailing(mailing, edition):
    """Give a mailing that was rendered, of a publication that has a token."""
    user, publication = make_user("maker"), edition.issue.publication
    ApiToken.make(publication, name="members", scope=Scope.READ, user=user, now=NOW)
    FrozenEdition.objects.create(
        mailing=mailing,
        edition=edition,
        language="en",
        content_hash=edition.content_hash,
        html="<p>x</p>",
        compiled=b"",
    )
    return mailing


def find_first(model) -> int:
    first = model.objects.order_by("pk").first()
    return first.pk if first else 1


def find_path(name: str, mailing=None) -> str:
    [pattern] = [each for each in urls.urlpatterns if each.name == name]
    member = Membership.objects.filter(publication__slug="harbour").first()
    place = PLACE | {
        "mailing_id": mailing.pk if mailing else 1,
        "member": member.pk if member else 1,
        **{key: find_first(model) for key, model in THINGS.items()},
    }
    wanted = pattern.pattern.converters
    return reverse(f"desk:{name}", kwargs={key: place[key] for key in wanted})


def ask(client: Client, path: str) -> int:
    """Return how a page answers, whether it is looked at or pressed."""
    answer = client.get(path)
    fields = PRESSED.get(resolve(path).url_name, {})
    answer = client.post(path, fields) if answer.status_code == 405 else answer
    if answer.streaming:  # a file is open until it was read
        list(answer)
    return answer.status_code


def test_every_address_has_a_line_here_and_no_line_has_none():
    assert sorted(NAMES) == sorted({*PAGES, *DOORS})


@pytest.mark.parametrize("role", Role)
def test_each_role_may_open_just_its_own_pages(enter, edition, mailing, role):
    client = enter(role)

    refused = {name for name in PAGES if ask(client, find_path(name, mailing)) == 403}

    assert refused == {name for name, roles in PAGES.items() if role not in roles}


@pytest.mark.parametrize("role", Role)
def test_what_may_be_opened_answers(enter, edition, mailing, role):
    client = enter(role)

    for name in (name for name, roles in PAGES.items() if role in roles):
        assert ask(client, find_path(name, mailing)) in ANSWERS, name


def test_who_is_not_logged_in_is_sent_to_the_log_in(client, edition, mailing):
    for name in PAGES:
        path = find_path(name, mailing)
        answer = client.get(path)
        answer = client.post(path) if answer.status_code == 405 else answer

        assert answer.status_code == 302, name
        assert answer["Location"].startswith("/accounts/login/?next=/desk/harbour/"), name


def test_who_has_no_part_in_a_publication_does_not_learn_that_it_is_there(client, edition, mailing):
    client.force_login(make_user("outsider", is_staff=True))

    assert {ask(client, find_path(name, mailing)) for name in PAGES} == {404}


def test_another_publication_s_things_can_not_be_had_by_their_numbers(admin, edition, mailing):
    other = make_other(mailing)

    for name in PAGES:
        assert ask(admin, find_path(name, other).replace("harbour", "other")) == 404, name
        if {"number", "mailing_id"} & find_converters(name):
            # Nor through the address of the own publication.
            assert ask(admin, find_path(name, other).replace("/7/", "/8/")) == 404, name


def find_converters(name: str) -> set[str]:
    [pattern] = [each for each in urls.urlpatterns if each.name == name]
    return set(pattern.pattern.converters)


def make_other(mailing):
    """Make another publication with an issue and a mailing of its own."""
    group = make_list("others")
    other = Publication.objects.create(
        name="Other", slug="other", sender_name="O", sender_address="o@other.example"
    )
    other.lists.add(group)
    issue = make_edition(other, number=8).issue
    return create_mailing(issue, lists=[group], now=NOW)


def test_a_superuser_is_the_admin_of_every_publication(client, edition, mailing):
    make_member(edition.issue.publication, Role.EDITOR)
    client.force_login(make_user("root", is_superuser=True))

    assert {ask(client, find_path(name, mailing)) for name in PAGES} <= ANSWERS


def test_an_act_needs_a_line_in_the_table():
    assert set(PERMISSIONS) == set(Act)
    assert all(may(Role.ADMIN, act) for act in Act)
    assert [act for act in Act if may(Role.VIEWER, act)] == [Act.LOOK]
