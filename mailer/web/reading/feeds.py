"""Feeds of a publication's issues: Atom (RFC 4287) and JSON Feed 1.1; and the map of the site."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import format_html, format_html_join
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from mailer.models import Publication
from mailer.web.reading.finding import Entry, find_publication, list_entries, make_url

MOST_ENTRIES = 30
KEPT_SECONDS = 600
# The most that one map may name (sitemaps.org); the newest issues come first.
MOST_PLACES = 50_000
MOST_MAPPED = 5_000
MAP = "http://www.sitemaps.org/schemas/sitemap/0.9"


@require_safe
@cache_control(public=True, max_age=KEPT_SECONDS)
def show_atom(request: HttpRequest, slug: str) -> HttpResponse:
    """Send the newest editions as Atom; ``language`` chooses those in one."""
    publication = find_publication(slug)
    language, entries = _choose(request, publication)
    own = make_url(reverse("archive:atom", args=[slug]))
    feed = Atom1Feed(
        title=publication.name,
        link=make_url(publication.get_absolute_url()),
        description="",
        language=language or None,
        author_name=publication.sender_name,
        feed_url=own,
        feed_guid=make_url(publication.get_absolute_url()),
    )
    for each in entries:
        url = make_url(each.path)
        feed.add_item(
            title=each.subject,
            link=url,
            unique_id=url,
            description=_write_content(each),
            pubdate=each.sent_at,
            updateddate=each.sent_at,
        )
    return HttpResponse(feed.writeString("utf-8"), content_type="application/atom+xml")


@require_safe
@cache_control(public=True, max_age=KEPT_SECONDS)
def show_json(request: HttpRequest, slug: str) -> HttpResponse:
    """Send the newest editions as a JSON Feed; ``language`` chooses those in one."""
    publication = find_publication(slug)
    _, entries = _choose(request, publication)
    feed: dict[str, Any] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": publication.name,
        "home_page_url": make_url(publication.get_absolute_url()),
        "feed_url": make_url(reverse("archive:json", args=[slug])),
        "authors": [{"name": publication.sender_name}],
        "items": [
            {
                "id": make_url(each.path),
                "url": make_url(each.path),
                "title": each.subject,
                "summary": each.preheader,
                "content_html": _write_content(each),
                "date_published": each.sent_at.isoformat(),
                "language": each.language,
            }
            for each in entries
        ],
    }
    return JsonResponse(feed, content_type="application/feed+json")


@require_safe
@cache_control(public=True, max_age=KEPT_SECONDS)
def show_map(_request: HttpRequest) -> HttpResponse:
    """Send the addresses of all that the public may read, for search engines."""
    root = Element("urlset", xmlns=MAP)
    for count, (path, entry) in enumerate(_list_places(list_entries(most=MOST_MAPPED))):
        if count >= MOST_PLACES:
            break
        place = SubElement(root, "url")
        SubElement(place, "loc").text = make_url(path)
        SubElement(place, "lastmod").text = entry.sent_at.date().isoformat()
    return HttpResponse(
        tostring(root, encoding="utf-8", xml_declaration=True), content_type="application/xml"
    )


@require_safe
def show_robots(_request: HttpRequest) -> HttpResponse:
    """Tell search engines where the map is, and that the desk is none of theirs."""
    closed = ("/desk/", "/admin/", "/accounts/", "/read/", "/u/", "/p/")
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in closed)]
    lines += [f"Sitemap: {make_url(reverse('archive:map'))}", ""]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


def _choose(request: HttpRequest, publication: Publication) -> tuple[str, list[Entry]]:
    language = request.GET.get("language", "")[:35].replace("\0", "")
    chosen: dict[str, Any] = {"mailing__issue__publication": publication}
    if language:
        chosen["language"] = language
    return language, list_entries(most=MOST_ENTRIES, **chosen)


def _write_content(entry: Entry) -> str:
    """Return what an issue has in it, as HTML."""
    items = format_html_join(
        "",
        '<li><a href="{}">{}</a></li>',
        ((make_url(entry.article_path(anchor)), title) for anchor, title in entry.contents),
    )
    shown = format_html("<ul>{}</ul>", items) if items else ""
    return str(format_html("<p>{}</p>{}", entry.preheader or entry.subject, shown))


def _list_places(entries: list[Entry]) -> Iterator[tuple[str, Entry]]:
    """Yield the paths of publications, issues, editions and articles, each once."""
    told: set[str] = set()
    for entry in entries:
        parents = (
            reverse("archive:publication", args=[entry.slug]),
            reverse("archive:issue", args=[entry.slug, entry.number]),
        )
        for path in parents:
            if path not in told:
                told.add(path)
                yield path, entry
        yield entry.path, entry
        yield from ((entry.article_path(anchor), entry) for anchor, _ in entry.contents)
