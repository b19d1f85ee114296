"""The public archive: the issues that were sent, and each as its readers saw it."""

from __future__ import annotations

from csp.decorators import csp
from django.conf import settings
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from mailer.errors import InvalidToken
from mailer.models import Edition, FrozenEdition, Issue, Publication
from mailer.models.mailing import PUBLISHED_STATES, read_reading
from mailer.types import SLOT_PATTERN, SlotName

# Mail carries its styles inline, and so does the web version of it; it has no script, no
# form and no frame, and can reach nothing but our own pictures.
MAIL_POLICY = {
    "default-src": ["'none'"],
    "script-src": ["'none'"],
    "connect-src": ["'none'"],
    "font-src": ["'none'"],
    "frame-src": ["'none'"],
    "style-src": ["'unsafe-inline'"],
    "img-src": ["'self'"],
    "frame-ancestors": ["'self'"],
    "base-uri": ["'none'"],
    "form-action": ["'none'"],
}


@require_safe
def list_publications(request: HttpRequest) -> HttpResponse:
    """List the publications; it is the site's first page."""
    return render(request, "web/publications.html", {"publications": Publication.objects.all()})


@require_safe
def show_publication(request: HttpRequest, slug: str) -> HttpResponse:
    """List the issues of a publication that went to a public list, the newest first."""
    publication = get_object_or_404(Publication, slug=slug)
    editions = (
        Edition.objects.filter(issue__in=_published_issues(publication))
        .select_related("issue__publication")
        .order_by("-issue__number", "id")
    )
    context = {"publication": publication, "editions": editions}
    return render(request, "web/publication.html", context)


@require_safe
@csp(MAIL_POLICY)  # type: ignore[arg-type]  # typed for views without arguments
def show_edition(request: HttpRequest, slug: str, number: int, language: str) -> HttpResponse:
    """Show an edition as it was frozen for its first mailing to a public list.

    What is for a segment's people only is left out, whoever asks.
    """
    frozen = FrozenEdition.objects.filter(
        mailing__issue__publication__slug=slug,
        mailing__issue__number=number,
        mailing__state__in=PUBLISHED_STATES,
        mailing__lists__public=True,
        language=language,
        variant="",
    )
    return _show(request, frozen.order_by("id").first())


@require_safe
@csp(MAIL_POLICY)  # type: ignore[arg-type]  # typed for views without arguments
def show_reading(request: HttpRequest, token: str) -> HttpResponse:
    """Show an edition to whoever holds its signed address: readers of private lists."""
    try:
        frozen_id = read_reading(token)
    except InvalidToken as error:
        raise Http404 from error
    return _show(request, FrozenEdition.objects.filter(pk=frozen_id).first())


def _published_issues(publication: Publication) -> QuerySet[Issue]:
    return Issue.objects.filter(
        publication=publication,
        mailings__state__in=PUBLISHED_STATES,
        mailings__lists__public=True,
    )


def _show(request: HttpRequest, frozen: FrozenEdition | None) -> HttpResponse:
    if frozen is None:
        raise Http404
    return HttpResponse(_fill(frozen.html, settings.PUBLIC_URL + request.path))


def _fill(html: str, own_url: str) -> str:
    """Fill the slots of a page that anybody may read: it knows no reader."""
    values = {
        SlotName.WEB_URL.value: own_url,
        SlotName.UNSUBSCRIBE_URL.value: settings.PUBLIC_URL,
        SlotName.PREFERENCES_URL.value: settings.PUBLIC_URL,
    }
    return SLOT_PATTERN.sub(lambda match: values.get(match[1], ""), html)
