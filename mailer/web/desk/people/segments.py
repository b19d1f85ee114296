"""Segments: built from groups and conditions, counted as they are written, explained by reader."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext_lazy as _

from mailer.errors import InvalidAddress, InvalidRule
from mailer.models import Mailing
from mailer.results.counting import MEMBERS
from mailer.results.people import name_segment
from mailer.web.desk.audit import record
from mailer.web.desk.entry import FORM, PRESS, Desk, desk_page, show
from mailer.web.desk.figures import look_up
from mailer.web.desk.people.asking import Choices, lay_out, read_choices, say
from mailer.web.desk.people.paging import cut_page
from mailer.web.desk.people.reach import LARGEST_ID, read_lists, require_all, within_reach
from mailer.web.desk.people.tree import (
    ALL,
    GROUPS,
    Node,
    change_tree,
    from_form,
    from_rule,
    judge,
    to_rule,
)
from mailer.web.desk.permissions import Act
from mailer.web.desk.sorting import BY_AGE, Order, choose_order, offer, read_search
from subscribers.addresses import normalise
from subscribers.explaining import explain
from subscribers.models import Segment, Subscriber
from subscribers.segments import members
from subscribers.tasks import wake_indexer

LONGEST_NAME = 200
SHOWN_PEOPLE = 10
ORDERS: Mapping[str, Order] = {"name": Order(words=_("name"), column="name"), **BY_AGE}


@desk_page(Act.COUNT)
def list_segments(request: HttpRequest, desk: Desk) -> HttpResponse:
    """List the segments, each with its rule in words."""
    search = read_search(request.GET)
    found = Segment.objects.filter(name__icontains=search) if search else Segment.objects.all()
    order, sort = choose_order(request.GET, ORDERS)
    page = cut_page(found, request.GET, order=order)
    rows = [(each, _say(desk, each)) for each in page.rows]
    context: dict[str, Any] = {"rows": rows, "page": page, "search": search}
    return show(request, desk, "people/segments", **context, **offer(ORDERS, sort))


@desk_page(Act.COUNT)
def show_segment(request: HttpRequest, desk: Desk, segment_id: int) -> HttpResponse:
    """Show a segment: its rule in words, how many are in it, and why somebody is or is not."""
    segment = _find(segment_id)
    wanted = request.GET.get("reader", "").strip()[:320] if Act.PEOPLE in desk.allowed else ""
    return show(
        request,
        desk,
        "people/segment",
        segment=segment,
        said=_say(desk, segment),
        wanted=wanted,
        **_count(desk, segment),
        **(_explain(desk, segment, wanted) if wanted else {}),
    )


@desk_page(Act.PEOPLE, methods=FORM)
def make_segment(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Build a segment."""
    return _build(request, desk, Segment(name="", rule={}))


@desk_page(Act.PEOPLE, methods=FORM)
def change_segment(request: HttpRequest, desk: Desk, segment_id: int) -> HttpResponse:
    """Change one."""
    segment = _find(segment_id)
    _require_own(desk, segment)
    return _build(request, desk, segment)


@desk_page(Act.PEOPLE, methods=PRESS)
def count_segment(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Say how many are in a segment as it is being written, and some of them."""
    root = from_form(request.POST)
    name = request.POST.get("name", "").strip()
    is_sound = judge(root, name=name) and _stay_within(desk, root, read_choices(desk))
    written = Segment(name=name, rule=to_rule(root)) if is_sound else None
    found = _count(desk, written) if written else {"unsound": True}
    return show(request, desk, "people/counted", **found)


@desk_page(Act.PEOPLE, methods=FORM)
def delete_segment(request: HttpRequest, desk: Desk, segment_id: int) -> HttpResponse:
    """Delete a segment that nothing uses, when its name was typed."""
    segment = _find(segment_id)
    _require_own(desk, segment)
    users = [each.name for each in Segment.objects.all() if _names(each.rule, segment.name)]
    context: dict[str, Any] = {"segment": segment, "users": users}
    if request.method != "POST":
        return show(request, desk, "people/segment_delete", **context)
    if users or request.POST.get("typed", "").strip() != segment.name:
        wrong = "Nothing was deleted. Type the name just as it stands above."
        return show(request, desk, "people/segment_delete", wrong=wrong, status=422, **context)
    try:
        with transaction.atomic():
            record(desk, "deleted a segment", segment, before={"rule": segment.rule})
            segment.delete()
    except ProtectedError:
        wrong = "Nothing was deleted: a mailing is to this segment, and its report names it."
        return show(request, desk, "people/segment_delete", wrong=wrong, status=422, **context)
    transaction.on_commit(wake_indexer)
    messages.success(request, f"The segment {segment.name} is deleted.")
    return redirect("desk:segments", desk.publication.slug)


def _build(request: HttpRequest, desk: Desk, segment: Segment) -> HttpResponse:
    """Show the form; do what a button of it says, or keep what it states."""
    choices = read_choices(desk, besides=segment.name)
    if request.method != "POST":
        root = _read(segment)
        return _show_form(request, desk, segment, segment.name, root, choices)
    root = from_form(request.POST)
    name = request.POST.get("name", "").strip()[:LONGEST_NAME]
    act = request.POST.get("do", "")
    if act != "keep":
        root = change_tree(root, act)
        return _show_form(request, desk, segment, name, root, choices)
    wrong = "" if name else "Write what it is called."
    if judge(root, name=name or segment.name) and _stay_within(desk, root, choices) and not wrong:
        wrong = _keep(desk, segment, name, root)
        if not wrong:
            messages.success(request, "It is kept.")
            return redirect("desk:segment", desk.publication.slug, segment.pk)
    return _show_form(request, desk, segment, name, root, choices, wrong=wrong, status=422)


def _read(segment: Segment) -> Node:
    try:
        return from_rule(segment.rule) if segment.rule else Node(kind=ALL, inner=[Node()]).place()
    except InvalidRule:
        return Node(kind=ALL, inner=[Node()]).place()


def _show_form(
    request: HttpRequest,
    desk: Desk,
    segment: Segment,
    name: str,
    root: Node,
    choices: Choices,
    **more: Any,
) -> HttpResponse:
    is_part = request.headers.get("HX-Request") == "true"
    return show(
        request,
        desk,
        "people/rule" if is_part else "people/segment_form",
        segment=segment,
        name=name,
        shown=lay_out(root, choices),
        choices=choices,
        groups=GROUPS.items(),
        **more,
    )


def _stay_within(desk: Desk, root: Node, choices: Choices) -> bool:
    """Write at each condition that names another publication's list that there is none such."""
    own = dict(choices.lists)
    for node in root.walk():
        named = node.text.split("\n") if node.field_name == "list" and node.text else []
        kind, _, which = node.field_name.partition(".")
        named += [which] if kind == "joined" else []
        if any(each not in own for each in named):
            node.wrong = f"{desk.publication} has no such list."
    return not any(node.wrong for node in root.walk())


def _keep(desk: Desk, segment: Segment, name: str, root: Node) -> str:
    """Keep a segment; return what is wrong, if its name is taken."""
    before = {"name": segment.name, "rule": segment.rule} if segment.pk else {}
    users = segment.pk and name != segment.name and _find_users(segment)
    if users:
        return f"The segment {users[0]} asks for it by this name: it can't be called otherwise."
    segment.name, segment.rule = name, to_rule(root)
    try:
        with transaction.atomic():
            segment.save()
            act = "changed a segment" if before else "made a segment"
            record(desk, act, segment, before=before, after={"name": name, "rule": segment.rule})
    except IntegrityError:
        return "Another segment is called so: write another name."
    transaction.on_commit(wake_indexer)
    return ""


def _find_users(segment: Segment) -> list[str]:
    kept = Segment.objects.get(pk=segment.pk)
    return [each.name for each in Segment.objects.all() if _names(each.rule, kept.name)]


def _names(rule: Any, name: str) -> bool:
    """Tell whether a rule asks for a segment."""
    if isinstance(rule, list):
        return any(_names(each, name) for each in rule)
    if not isinstance(rule, dict):
        return False
    if rule.get("field") == "segment" and rule.get("value") == name:
        return True
    return any(_names(rule[each], name) for each in ("all", "any", "not") if each in rule)


def _find(segment_id: int) -> Segment:
    return get_object_or_404(Segment, pk=min(segment_id, LARGEST_ID))


def _require_own(desk: Desk, segment: Segment) -> None:
    """Raise PermissionDenied for a segment that another publication sends to."""
    mailings = Mailing.objects.filter(Q(segment=segment) | Q(without_segment=segment))
    if mailings.exclude(issue__publication=desk.publication).exists():
        require_all(desk)


def _count(desk: Desk, segment: Segment) -> dict[str, Any]:
    """Return how many of the publication's people a segment has, and for admins some of them.

    One that is being written has no row yet: it is counted each time.
    """
    try:
        people = within_reach(desk, members(segment))
        kept = segment.pk and look_up(MEMBERS, name_segment(segment, read_lists(desk)))
        count = kept.value if kept else people.count()
    except InvalidRule as error:
        return {"problem": str(error)}
    sample = list(people.order_by("-pk")[:SHOWN_PEOPLE]) if Act.PEOPLE in desk.allowed else []
    return {"count": count, "sample": sample, "counted_at": kept.at if kept else None}


def _explain(desk: Desk, segment: Segment, wanted: str) -> dict[str, Any]:
    try:
        everybody = Subscriber.objects.with_address(normalise(wanted))
        person = within_reach(desk, everybody).first()
        findings = explain(segment, person) if person else []
    except (InvalidAddress, InvalidRule) as error:
        return {"unknown": str(error)}
    if person is None:
        return {"unknown": "Nobody with this address is on a list of this publication."}
    return {"person": person, "findings": findings[1:], "is_in": findings[0].holds}


def _say(desk: Desk, segment: Segment) -> list[tuple[int, str]]:
    names = {each.slug: each.name for each in read_lists(desk)}
    try:
        return list(say(from_rule(segment.rule), names))
    except InvalidRule as error:
        return [(0, str(error))]
