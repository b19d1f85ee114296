"""Coming to the desk: who it is, at which publication, in which role, and whether they may."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from mailer.models import Membership, Publication, Role
from mailer.web.desk.permissions import PERMISSIONS, Act, may

READ = ("GET", "HEAD")
FORM = (*READ, "POST")
PRESS = ("POST",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Somebody's place at a publication's desk."""

    user: User
    publication: Publication
    role: Role

    @property
    def allowed(self) -> Collection[str]:
        """Return the acts that they may do, for pages to offer no others."""
        return [act.value for act in PERMISSIONS if may(self.role, act)]


View = Callable[Concatenate[HttpRequest, Desk, ...], HttpResponseBase]


def desk_page(
    act: Act, *, methods: Collection[str] = READ
) -> Callable[[View], Callable[..., HttpResponseBase]]:
    """Make a view a page of the desk, for those who may do ``act`` to the publication.

    Whoever has no part in a publication does not learn that it is there.
    """

    def decorate(view: View) -> Callable[..., HttpResponseBase]:
        @require_http_methods(list(methods))
        @never_cache
        @login_required
        @wraps(view)
        def enter(request: HttpRequest, slug: str, **place: Any) -> HttpResponseBase:
            desk = find_desk(request, slug)
            require(desk, act)
            return view(request, desk, **place)

        return enter

    return decorate


def require(desk: Desk, act: Act) -> None:
    """Raise PermissionDenied unless somebody may do it."""
    if not may(desk.role, act):
        raise PermissionDenied(f"Your role here is {desk.role.label}.")


def find_desk(request: HttpRequest, slug: str) -> Desk:
    """Return the place of who is logged in at a publication. Raises Http404 for no part in it."""
    user = request.user
    assert isinstance(user, User)
    publication = Publication.objects.filter(slug=slug).first()
    if publication is None:
        raise Http404
    if user.is_superuser:
        return Desk(user=user, publication=publication, role=Role.ADMIN)
    membership = Membership.objects.filter(user=user, publication=publication).first()
    if membership is None:
        raise Http404
    return Desk(user=user, publication=publication, role=Role(membership.role))


def list_publications(user: User) -> list[Publication]:
    """Return the publications in which somebody has a part."""
    every = Publication.objects.all()
    return list(every if user.is_superuser else every.filter(memberships__user=user))


def show(
    request: HttpRequest, desk: Desk, template: str, status: int = 200, **context: Any
) -> HttpResponse:
    """Show a page of the desk."""
    return render(request, f"desk/{template}.html", {"desk": desk, **context}, status=status)
