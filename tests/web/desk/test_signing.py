"""Sign-off: in turn, by different people, bound to what was seen; and nothing else is sent."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from mailer.content.parse import parse_issue
from mailer.dispatch.control.schedule import schedule_mailing, start_due_mailings
from mailer.dispatch.control.steer import send_now
from mailer.dispatch.editions.intake import store_issue
from mailer.dispatch.freezing.freeze import freeze_mailing, render_edition
from mailer.dispatch.signing.chain import find_missing, list_signatures, seal_edition
from mailer.dispatch.signing.sign import sign, withdraw
from mailer.dispatch.tasks import plan_mailing
from mailer.errors import NotReady
from mailer.models import (
    Acceptance,
    AuditEntry,
    Comment,
    Edition,
    FrozenEdition,
    Mailing,
    MailingState,
    Membership,
    Publication,
    Role,
    SignOff,
)
from mailer.web.desk import planning
from mailer.web.desk.signing.compare import Kind, compare_texts
from tests.fakes.desk import make_user
from tests.fakes.world import ISSUE_FILE, NOW, make_edition

CHAIN = ["author", "language", "responsible"]
BOARD = reverse("desk:sign_off", args=["harbour", 7])


@pytest.fixture(autouse=True)
def asleep(monkeypatch) -> None:
    monkeypatch.setattr(planning, "wake_scheduler", lambda: None)


@pytest.fixture
def chained(edition: Edition) -> Edition:
    """Give an edition of a publication with a chain of three."""
    Publication.objects.update(chain=CHAIN)
    return fetch()


@pytest.fixture
def people(chained, enter) -> dict[Role, Client]:
    return {Role(role): enter(Role(role)) for role in CHAIN}


def fetch(language: str = "en") -> Edition:
    return Edition.objects.select_related("issue__publication").get(language=language)


def place(name: str, language: str = "en") -> str:
    return reverse(f"desk:{name}", args=["harbour", 7, language])


def press(client: Client, *, seen: str = "", name: str = "sign", **fields: str) -> str:
    """Press a button as the board has it, and return the page that answers."""
    fields |= {"seen": seen or seal_edition(fetch())}
    return client.post(place(name), fields, follow=True).content.decode()


def sign_all(people: dict[Role, Client]) -> None:
    for client in people.values():
        press(client)


def change(publication: Publication, body: str = "\nOne more thing.\n") -> Edition:
    text = ISSUE_FILE.format(number=7, language="en", subject="Spring") + body
    document = parse_issue(text, file="issue.md", load_picture=None)
    return store_issue(document, publication=publication, now=NOW)


def test_three_people_sign_in_turn_and_then_it_can_be_sent(people, chained, mailing):
    with pytest.raises(NotReady, match="not signed by the author"):
        schedule_mailing(mailing, at=NOW)

    sign_all(people)

    assert find_missing(fetch()) is None
    schedule_mailing(mailing, at=NOW)
    assert list(SignOff.objects.values_list("name", "role")) == [(each, each) for each in CHAIN]
    assert list(AuditEntry.objects.values_list("act", flat=True)) == ["signed off"] * 3
    assert "signed by all" in people[Role.AUTHOR].get(BOARD).content.decode()


def test_a_publication_without_a_chain_is_sent_as_ever(edition, mailing, admin):
    schedule_mailing(mailing, at=NOW)

    assert "sent without signatures" in admin.get(BOARD).content.decode()


def test_nobody_signs_before_their_turn_twice_or_for_another_role(people, chained, admin):
    assert "not yet the turn of the responsible editor" in press(people[Role.RESPONSIBLE])
    press(people[Role.AUTHOR])
    assert "signed as author already" in press(people[Role.AUTHOR])
    assert "admin does not sign" in press(admin)

    assert SignOff.objects.count() == 1


def test_one_person_who_changes_role_does_not_sign_twice(people, chained):
    press(people[Role.AUTHOR])
    Membership.objects.filter(role=Role.AUTHOR).update(role=Role.LANGUAGE)

    assert "another person signs this step" in press(people[Role.AUTHOR])
    assert SignOff.objects.count() == 1


def test_what_was_changed_since_it_was_seen_is_not_signed(people, chained):
    seen = seal_edition(chained)
    change(chained.issue.publication)

    assert "changed since you looked" in press(people[Role.AUTHOR], seen=seen)
    assert not SignOff.objects.exists()


def test_an_edit_voids_the_signatures_and_shows_the_difference(people, chained):
    sign_all(people)
    change(chained.issue.publication, "\nThe lamp is *green*.\n")

    board = people[Role.AUTHOR].get(BOARD).content.decode()
    shown = people[Role.AUTHOR].get(place("difference")).content.decode()

    assert "The signatures are void" in board
    assert "The lamp is *green*." in shown
    assert "<ins>" in shown
    assert find_missing(fetch()) is Role.AUTHOR


def test_the_text_of_before_brings_its_signatures_back(people, chained):
    sign_all(people)
    change(chained.issue.publication)
    change(chained.issue.publication, "")

    assert find_missing(fetch()) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"sender_name": "Somebody else"},
        {"sender_address": "eve@harbour.example"},
        {"reply_to": "eve@evil.example"},
        {"theme": "another"},
    ],
)
def test_another_sender_or_theme_voids_the_signatures(people, chained, changes):
    sign_all(people)

    Publication.objects.update(**changes)

    assert find_missing(fetch()) is Role.AUTHOR


def test_another_sender_of_a_list_voids_the_signatures(people, chained, publication):
    sign_all(people)
    publication.lists.update(sender_address="eve@evil.example")

    assert find_missing(fetch()) is Role.AUTHOR


def test_a_row_that_claims_another_text_s_hash_deceives_nobody(people, chained, mailing):
    sign_all(people)
    schedule_mailing(mailing, at=timezone.now())
    # As whoever writes to the database by hand might do: the hash stays that of what was signed.
    Edition.objects.update(source=fetch().source.replace("lamp", "bomb"))

    start_due_mailings(now=timezone.now())
    plan_mailing(mailing_id=mailing.pk)

    mailing.refresh_from_db()
    assert mailing.state == MailingState.DRAFT
    assert "not signed by the author" in mailing.problem
    assert not FrozenEdition.objects.exists()


def test_another_picture_under_the_same_name_voids_the_signatures(people, chained):
    sign_all(people)

    Edition.objects.update(pictures={"boat.jpg": {"name": "0" * 64 + ".jpg"}})

    assert find_missing(fetch()) is Role.AUTHOR


def test_an_edit_after_scheduling_is_not_sent(people, chained, mailing):
    sign_all(people)
    schedule_mailing(mailing, at=timezone.now())
    change(chained.issue.publication)

    start_due_mailings(now=timezone.now())
    plan_mailing(mailing_id=mailing.pk)

    mailing.refresh_from_db()
    assert mailing.state == MailingState.DRAFT
    assert "It was changed after responsible had signed it" in mailing.problem
    assert mailing.deliveries.count() == 0


def test_what_was_frozen_is_what_was_signed_whatever_comes_after(people, chained, mailing):
    sign_all(people)
    schedule_mailing(mailing, at=timezone.now())
    start_due_mailings(now=timezone.now())
    mailing.refresh_from_db()
    [frozen] = freeze_mailing(mailing, now=NOW)
    change(chained.issue.publication)

    assert freeze_mailing(mailing, now=NOW) == [frozen]
    assert frozen.content_hash == SignOff.objects.last().content_hash


def test_a_language_that_came_later_is_not_sent_unsigned(people, chained, mailing):
    sign_all(people)
    make_edition(chained.issue.publication, language="fr")

    with pytest.raises(NotReady, match=r"\(fr\) is not signed"):
        schedule_mailing(mailing, at=NOW)


@pytest.mark.parametrize("way", [send_now, lambda mailing: schedule_mailing(mailing, at=NOW)])
def test_every_way_to_send_asks_for_the_signatures(people, chained, mailing, way):
    press(people[Role.AUTHOR])

    with pytest.raises(NotReady):
        way(mailing)

    mailing.refresh_from_db()
    assert mailing.state == MailingState.DRAFT


def test_an_admin_who_presses_the_button_is_told_who_must_sign(admin, chained, mailing):
    check = reverse("desk:check", args=["harbour", mailing.pk])
    seen = admin.get(check).context["seen"]

    page = admin.post(
        reverse("desk:confirm", args=["harbour", mailing.pk]), {"seen": seen}, follow=True
    )

    assert "not signed by the author" in page.content.decode()
    mailing.refresh_from_db()
    assert mailing.state == MailingState.DRAFT


def test_a_state_that_was_forced_in_the_database_sends_nothing_unsigned(chained, mailing):
    Mailing.objects.update(state=MailingState.PLANNING)

    plan_mailing(mailing_id=mailing.pk)

    mailing.refresh_from_db()
    assert mailing.state == MailingState.DRAFT
    assert not FrozenEdition.objects.exists()


def test_a_signature_is_taken_back_and_stays_in_the_books(people, chained):
    sign_all(people)

    press(people[Role.LANGUAGE], name="unsign")

    assert find_missing(fetch()) is Role.LANGUAGE
    assert SignOff.objects.get(role="language").withdrawn_at is not None
    assert "have not signed it" in press(people[Role.LANGUAGE], name="unsign")
    # The one after it waits, and holds again when it is back.
    assert "waits for the signature before" in people[Role.AUTHOR].get(BOARD).content.decode()
    press(people[Role.LANGUAGE])
    assert find_missing(fetch()) is None


def test_the_database_itself_refuses_a_second_signature(people, chained):
    press(people[Role.AUTHOR])
    first = SignOff.objects.get()
    first.pk = None

    with pytest.raises(IntegrityError), transaction.atomic():
        first.save(force_insert=True)


def test_errors_are_signed_by_nobody_and_warnings_by_the_last(people, chained):
    change(chained.issue.publication, "\nDear *|FNAME|*,\n")
    assert "It has errors" in press(people[Role.AUTHOR])

    change(chained.issue.publication, "\nSee [here](https://a.example/).\n")
    sign_all(people)

    assert set(Acceptance.objects.values_list("name", flat=True)) == {"responsible"}


def test_a_comment_on_a_block_is_kept_resolved_and_awaited(people, chained):
    author, last = people[Role.AUTHOR], people[Role.RESPONSIBLE]
    said = {"anchor": "the-lighthouse-is-lit-again", "block": "1", "text": "<b>Which</b> lamp?"}
    press(author, name="comment", **said)
    [comment] = Comment.objects.all()
    page = last.get(place("review")).content.decode()

    assert comment.excerpt == "After two winters the lamp turns."
    assert "&lt;b&gt;Which&lt;/b&gt; lamp?" in page
    press(author)
    press(people[Role.LANGUAGE])
    assert "comments that nobody has resolved" in press(last)

    for _ in range(2):
        press(last, name="resolve", comment=str(comment.pk))
    press(last)

    comment.refresh_from_db()
    assert comment.resolved_by == "responsible"
    assert AuditEntry.objects.filter(act="resolved a comment").count() == 1
    assert find_missing(fetch()) is None


def test_a_comment_outlives_its_block(people, chained):
    press(
        people[Role.AUTHOR],
        name="comment",
        anchor="the-lighthouse-is-lit-again",
        block="1",
        text="Why?",
    )
    text = ISSUE_FILE.format(number=7, language="en", subject="Spring")
    text = text.replace("The lighthouse is lit again", "Another thing")
    document = parse_issue(text, file="x", load_picture=None)
    store_issue(document, publication=chained.issue.publication, now=NOW)

    page = people[Role.AUTHOR].get(place("review")).content.decode()

    assert "which is not there any more" in page
    assert "Why?" in page


@pytest.mark.parametrize(
    "fields",
    [{"text": "", "block": "1"}, {"text": "x" * 4_001, "block": "1"}, {"text": "x", "block": "-1"}],
)
def test_a_comment_that_says_nothing_or_too_much_is_refused(people, chained, fields):
    assert "Write 1 to 4000" in press(people[Role.AUTHOR], name="comment", **fields)
    assert not Comment.objects.exists()


def test_another_edition_s_comment_can_not_be_resolved_from_here(people, chained):
    other = make_edition(chained.issue.publication, language="fr")
    comment = Comment.objects.create(edition=other, text="Quoi ?", name="x", at=NOW)

    for wanted in (str(comment.pk), "x", ""):
        assert "no such comment" in press(people[Role.AUTHOR], name="resolve", comment=wanted)


def test_the_admin_sets_who_signs_and_it_is_written_down(admin, edition):
    page = reverse("desk:order", args=["harbour"])
    chain = {"step0": "author", "step1": "responsible", "step2": "", "step3": ""}

    admin.post(page, chain | {"signers_in_colophon": "on"})
    twice = admin.post(page, chain | {"step2": "author"}).content.decode()
    forged = admin.post(page, chain | {"step0": "admin"}).content.decode()

    assert Publication.objects.get().chain == ["author", "responsible"]
    assert "Each role signs once" in twice
    assert "Select a valid choice" in forged
    [entry] = AuditEntry.objects.filter(act="set who signs")
    assert (entry.before["chain"], entry.after["chain"]) == (
        "nobody",
        "author → responsible editor",
    )


def test_names_go_to_the_colophon_where_that_is_wanted(people, chained):
    sign_all(people)
    assert "Language Editor" not in render_edition(fetch()).text

    Publication.objects.update(signers_in_colophon=True)

    text = render_edition(fetch()).text
    assert "Language Editor: language" in text
    # The text names a responsible editor: the one who signed stands beside her.
    assert "Responsible Editor: Ada Berg, responsible" in text


def test_a_name_that_the_colophon_has_is_not_said_twice(chained):
    user = make_user("berg")
    SignOff.objects.create(
        edition=chained,
        role="responsible",
        seal=seal_edition(chained),
        user=user,
        name="ada berg",
        at=NOW,
    )
    Publication.objects.update(signers_in_colophon=True)

    assert "Responsible Editor: Ada Berg\n" in render_edition(fetch()).text


def test_what_was_taken_back_is_no_signature(chained):
    user = make_user("berg")
    seal = seal_edition(chained)
    sign(chained, role=Role.AUTHOR, user=user, name="Berg", seen=seal, now=NOW)
    withdraw(chained, user=user, now=NOW)

    assert list_signatures(fetch()) == {}


def test_the_board_takes_few_queries(people, chained, django_assert_max_num_queries):
    for language in ("fr", "es", "ru"):
        make_edition(chained.issue.publication, language=language)
    author = people[Role.AUTHOR]
    author.get(BOARD)

    for path, most in ((BOARD, 16), (place("review"), 14), (place("difference"), 14)):
        with django_assert_max_num_queries(most):
            author.get(path)


def test_texts_are_compared_by_words_within_lines():
    [change] = compare_texts("one\ntwo three\nfour\n", "one\ntwo tree\nfour\n")

    assert change.line == 1
    assert (Kind.GONE, "three") in change.pieces
    assert (Kind.NEW, "tree") in change.pieces


def test_lines_that_came_or_went_are_whole():
    [change] = compare_texts("a\nb", "a\nb\nc")
    assert change.pieces[-1] == (Kind.NEW, "c\n")
    [change] = compare_texts("a\nb\nc", "a\nc")
    assert (Kind.GONE, "b\n") in change.pieces
    assert compare_texts("a", "a") == []


def test_a_long_passage_is_shown_whole():
    old, new = "word " * 2_000, "other " * 2_000

    [change] = compare_texts(old, new)

    assert [kind for kind, _ in change.pieces] == [Kind.GONE, Kind.NEW, Kind.SAME]
