"""How far somebody at a desk reaches: to the people on the publication's own lists, no further.

People, segments and suppressions are the whole installation's. Whoever keeps one publication of
several sees none of the others' readers, and decides nothing for them.
"""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Q, QuerySet, prefetch_related_objects
from django.shortcuts import get_object_or_404

from mailer.models import Membership, Publication, Role
from mailer.web.desk.entry import Desk
from subscribers.models import List, Subscriber, Subscription, Suppression
from subscribers.querysets import SubscriberQuerySet, SubscriptionQuerySet, SuppressionQuerySet

LARGEST_ID = 2**63 - 1


def reaches_all(desk: Desk) -> bool:
    """Tell whether somebody keeps every publication, so that all people are theirs to decide."""
    if desk.user.is_superuser:
        return True
    kept = Membership.objects.filter(user=desk.user, role=Role.ADMIN)
    return not Publication.objects.exclude(pk__in=kept.values("publication")).exists()


def find_lists(desk: Desk) -> QuerySet[List]:
    """Return the publication's lists."""
    return List.objects.filter(publications=desk.publication).order_by("name")


def find_offered(desk: Desk) -> QuerySet[List]:
    """Return the lists that somebody may let the publication go to.

    Another publication's list brings its readers along: it is offered to who is its admin too.
    """
    if reaches_all(desk):
        return List.objects.order_by("name")
    kept = Membership.objects.filter(user=desk.user, role=Role.ADMIN).values("publication")
    theirs = Q(publications=desk.publication) | Q(publications__in=kept)
    return List.objects.filter(theirs).distinct().order_by("name")


def read_lists(desk: Desk) -> list[List]:
    """Return the same, asked for once in a request."""
    prefetch_related_objects([desk.publication], "lists")
    return list(desk.publication.lists.all())


def find_list(desk: Desk, slug: str) -> List:
    """Return one of the publication's lists. Raises Http404."""
    return get_object_or_404(find_lists(desk), slug=slug)


def find_places(desk: Desk) -> SubscriptionQuerySet:
    """Return the places on the publication's lists, in whatever state."""
    # The lists by their numbers: they are few, and the database then chooses a good way.
    return Subscription.objects.filter(list_id__in=[each.pk for each in read_lists(desk)])


def within_reach(
    desk: Desk, people: SubscriberQuerySet, *, places: Q | None = None
) -> SubscriberQuerySet:
    """Return those of some people who are, or were, on a list of the publication.

    ``places`` says which places to look at, where only they can matter.
    """
    own = find_places(desk).filter(places or Q(), subscriber=OuterRef("pk"))
    return people.filter(Exists(own))


def find_person(desk: Desk, person_id: int) -> Subscriber:
    """Return one of the publication's people. Raises Http404."""
    own = within_reach(desk, Subscriber.objects.all())
    return get_object_or_404(own, pk=min(person_id, LARGEST_ID))


def is_theirs_alone(desk: Desk, person: Subscriber) -> bool:
    """Tell whether no other publication's list has the person, or all are this desk's to keep."""
    others = person.subscriptions.exclude(list_id__in=[each.pk for each in read_lists(desk)])
    return not others.exists() or reaches_all(desk)


def find_suppressions(desk: Desk) -> SuppressionQuerySet:
    """Return what keeps the publication's people from being written to."""
    rows = Suppression.objects.all()
    if reaches_all(desk):
        return rows
    known = within_reach(desk, Subscriber.objects.all())
    named = known.filter(email_normalised=OuterRef("email_normalised"))
    own = find_lists(desk).order_by().values("pk")
    return rows.filter(Q(list__in=own) | Q(Exists(named), list=None))


def require_all(desk: Desk) -> None:
    """Raise PermissionDenied unless somebody keeps every publication."""
    if not reaches_all(desk):
        raise PermissionDenied(
            "This is about the readers of all publications: ask somebody who is admin of each."
        )
