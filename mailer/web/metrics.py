"""The page that Prometheus reads: for whoever holds the token, or for this machine alone."""

from __future__ import annotations

import ipaddress
from hmac import compare_digest

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from mailer.dispatch.watching.presence import count_workers
from mailer.results.counters import connect
from mailer.results.gauges import Gauges

# What a proxy on this machine adds: the request comes from elsewhere, whatever its address says.
PROXY_HEADERS = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_FORWARDED", "HTTP_VIA")


@require_safe
@never_cache
def show_metrics(request: HttpRequest) -> HttpResponse:
    """Show every figure in Prometheus' text format."""
    if not _is_allowed(request):
        return HttpResponse(
            "Metrics are for this machine alone: ask without a proxy, or set "
            "MASTHEAD_METRICS_TOKEN and send it as a bearer token.\n",
            status=403,
            content_type="text/plain",
        )
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Gauges(connect(), count_workers=count_workers))
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_PLAIN_0_0_4)


def _is_allowed(request: HttpRequest) -> bool:
    if settings.METRICS_TOKEN:
        given = request.META.get("HTTP_AUTHORIZATION", "").removeprefix("Bearer ")
        return compare_digest(given.encode(), settings.METRICS_TOKEN.encode())
    if any(header in request.META for header in PROXY_HEADERS):
        return False
    return _is_loopback(request.META.get("REMOTE_ADDR", ""))


def _is_loopback(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback
