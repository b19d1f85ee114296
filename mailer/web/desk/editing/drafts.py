"""Drafts in the database: taken up from an edition, changed by several people, remembered."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.http import Http404

from mailer.content.parse import parse_issue
from mailer.errors import InvalidIssue
from mailer.models import Draft, Edition, Issue, Revision
from mailer.web.desk.audit import record
from mailer.web.desk.editing.converting import make_content
from mailer.web.desk.editing.parts import Content, Part, copy_content, find_part
from mailer.web.desk.entry import Desk
from mailer.web.desk.issues import find_issue

WROTE = "wrote"
# What one person writes without a longer pause, and without another's change between, is one
# revision: a history of every pause for breath would hide what matters.
ONE_SITTING = dt.timedelta(minutes=10)
# Older ones go: a bulletin that is written by six people for weeks has a few hundred.
MOST_REVISIONS = 500


@dataclass(slots=True, kw_only=True)
class Change:
    """A change of a draft under way: its content and pictures to be altered in place."""

    content: Content
    pictures: dict[str, Any]
    rev: int


def find_draft(desk: Desk, number: int, language: str, *, now: dt.datetime) -> Draft:
    """Return a draft of one of the publication's issues, taken up from its edition if need be.

    Raises Http404 if there is neither.
    """
    issue = find_issue(desk, number)
    draft = Draft.objects.filter(issue=issue, language=language).first()
    if draft is not None:
        draft.issue = issue
        return draft
    return take_up(_find_edition(issue, language), desk, now=now)


def take_up(edition: Edition, desk: Desk, *, now: dt.datetime) -> Draft:
    """Begin a draft with what an edition says."""
    document = parse_issue(edition.source, file=str(edition), load_picture=None)
    content = make_content(document, rev=1, like=list_siblings(edition.issue, edition.language))
    with transaction.atomic():
        draft, made = Draft.objects.get_or_create(
            issue=edition.issue,
            language=edition.language,
            defaults={
                "content": content,
                "pictures": edition.pictures,
                "kept_revision": 1,
                "kept_hash": edition.content_hash,
                "changed_at": now,
            },
        )
        if made:
            remember(draft, desk, "taken up from the edition", now=now)
    return draft


def begin_draft(
    issue: Issue,
    language: str,
    content: Content,
    *,
    pictures: Mapping[str, Any],
    desk: Desk,
    act: str,
    now: dt.datetime,
) -> Draft:
    """Begin a draft of which there is no edition yet."""
    with transaction.atomic():
        draft = Draft.objects.create(
            issue=issue, language=language, content=content, pictures=dict(pictures), changed_at=now
        )
        remember(draft, desk, act, now=now)
        record(desk, "began a draft", draft, after={"how": act})
    return draft


def list_siblings(issue: Issue, language: str) -> list[Part]:
    """Return the parts of the issue's first draft in another language."""
    other = Draft.objects.filter(issue=issue).exclude(language=language).order_by("id").first()
    return copy_content(other.content)["parts"] if other else []


def change(
    draft: Draft, desk: Desk, act: str, alter: Callable[[Change], object], *, now: dt.datetime
) -> Draft:
    """Change a draft, and remember by whom; ``alter`` returns None or False if nothing changes.

    Whoever changes it at the same time waits. ``draft`` is read anew first, and is what it has
    become afterwards.
    """
    with transaction.atomic():
        fresh = Draft.objects.select_for_update().get(pk=draft.pk)
        under_way = Change(
            content=copy_content(fresh.content),
            pictures=dict(fresh.pictures),
            rev=fresh.revision + 1,
        )
        altered = alter(under_way)
        if altered is not None and altered is not False:
            fresh.content, fresh.pictures = under_way.content, under_way.pictures
            fresh.revision, fresh.changed_at = under_way.rev, now
            fresh.save()
            remember(fresh, desk, act, now=now)
    for name in ("content", "pictures", "revision", "changed_at", "kept_revision", "kept_hash"):
        setattr(draft, name, getattr(fresh, name))
    return draft


def remember(draft: Draft, desk: Desk, act: str, *, now: dt.datetime) -> None:
    """Keep a draft's present revision in its history, with those of the same sitting as one."""
    last = draft.revisions.first()
    own = {"number": draft.revision, "content": draft.content, "pictures": draft.pictures}
    if last and act == WROTE and _is_one_sitting(last, draft, desk, now):
        Revision.objects.filter(pk=last.pk).update(**own, at=now)
        return
    Revision.objects.create(
        draft=draft,
        act=act[:120],
        user=desk.user,
        author=name_author(desk),
        began_at=now,
        at=now,
        **own,
    )
    if act == WROTE:
        record(desk, "wrote in a draft", draft, after={"revision": draft.revision})
    _forget_oldest(draft)


def put_aside(
    draft: Draft, desk: Desk, part: Part, pictures: Mapping[str, Any], *, now: dt.datetime
) -> None:
    """Keep what somebody wrote into a part that another had changed: nothing is lost by it."""
    with transaction.atomic():
        fresh = Draft.objects.select_for_update().get(pk=draft.pk)
        content = copy_content(fresh.content)
        kept = find_part(content, part["id"])
        if kept is None:
            content["parts"].append(part)
        else:
            kept["values"] |= part["values"]
        last = fresh.revisions.first()
        if last and last.aside and last.user_id == desk.user.pk:
            Revision.objects.filter(pk=last.pk).update(content=content, at=now)
            return
        fresh.revision += 1
        fresh.save(update_fields=["revision"])
        Revision.objects.create(
            draft=fresh,
            number=fresh.revision,
            act="put aside: another had changed it",
            aside=True,
            user=desk.user,
            author=name_author(desk),
            content=content,
            pictures=fresh.pictures | pictures,
            began_at=now,
            at=now,
        )
        record(desk, "was put aside in a draft", fresh, after={"revision": fresh.revision})
    draft.revision = fresh.revision


def name_author(desk: Desk) -> str:
    """Return whoever is at the desk in words that outlive the account."""
    return (desk.user.email or desk.user.get_username())[:254]


def find_newer_edition(draft: Draft) -> Edition | None:
    """Return the issue's edition if it was replaced by a file since the draft became it."""
    edition = Edition.objects.filter(issue=draft.issue, language=draft.language).first()
    if edition is None or edition.content_hash == draft.kept_hash:
        return None
    return edition


def take_file(draft: Draft, edition: Edition, desk: Desk, *, now: dt.datetime) -> None:
    """Put what an uploaded file says in the place of the draft, whose text stays in the history."""
    document = parse_issue(edition.source, file=str(edition), load_picture=None)

    def alter(under_way: Change) -> bool:
        like = under_way.content["parts"]
        under_way.content = make_content(document, rev=under_way.rev, like=like)
        under_way.pictures = dict(edition.pictures)
        return True

    with transaction.atomic():
        change(draft, desk, "taken from the uploaded file", alter, now=now)
        mark_kept(draft, edition)
        record(desk, "took a file into a draft", draft, after={"content": edition.content_hash})


def mark_kept(draft: Draft, edition: Edition) -> None:
    """Note that an edition says what the draft says."""
    draft.kept_revision, draft.kept_hash = draft.revision, edition.content_hash
    Draft.objects.filter(pk=draft.pk).update(
        kept_revision=draft.kept_revision, kept_hash=draft.kept_hash
    )


def _find_edition(issue: Issue, language: str) -> Edition:
    edition = Edition.objects.filter(issue=issue, language=language).first()
    if edition is None:
        raise Http404
    edition.issue = issue
    # What breaks a rule of today can't be written on: it is mended in its file.
    try:
        parse_issue(edition.source, file=str(edition), load_picture=None)
    except InvalidIssue as error:
        raise Http404 from error
    return edition


def _is_one_sitting(last: Revision, draft: Draft, desk: Desk, now: dt.datetime) -> bool:
    return (
        last.act == WROTE
        and last.user_id == desk.user.pk
        and last.number > draft.kept_revision
        and now - last.began_at < ONE_SITTING
    )


def _forget_oldest(draft: Draft) -> None:
    numbers = draft.revisions.values_list("number", flat=True)
    for oldest in numbers[MOST_REVISIONS : MOST_REVISIONS + 1]:
        draft.revisions.filter(number__lte=oldest).delete()
