"""The first page behind the log-in: which publication."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from mailer.web.desk.entry import list_publications


@require_safe
@never_cache
@login_required
def choose_publication(request: HttpRequest) -> HttpResponse:
    """Go to the only publication that there is, or let them choose."""
    assert isinstance(request.user, User)
    own = list_publications(request.user)
    if len(own) == 1:
        return redirect("desk:today", own[0].slug)
    return render(request, "desk/publications.html", {"publications": own})
