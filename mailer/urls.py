"""Every address of the site, composed from the parts that serve it."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

from mailer.web import health, metrics, requests

__all__ = ["requests", "urlpatterns"]

# It takes half a second, and only what serves pages needs it.
admin.autodiscover()

urlpatterns = [
    path("admin/", admin.site.urls),
    path("healthz", health.show_health, name="health"),
    path("readyz", health.show_readiness, name="readiness"),
    path("metrics", metrics.show_metrics, name="metrics"),
    path("", include("subscribers.web.urls")),
    path("", include("mailer.web.urls")),
]
