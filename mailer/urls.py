"""Every address of the site, composed from the parts that serve it."""

from __future__ import annotations

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

from mailer.web import health, metrics, requests

__all__ = ["requests", "urlpatterns"]

# It takes half a second, and only what serves pages needs it.
admin.autodiscover()
# One door for all: the second factor and the count of guesses hold for the admin as well.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

admin.site.site_header = admin.site.site_title = "Masthead"
admin.site.index_title = "What the desk has no page for"

urlpatterns = [
    path("admin/", admin.site.urls),
    path("healthz", health.show_health, name="health"),
    path("readyz", health.show_readiness, name="readiness"),
    path("metrics", metrics.show_metrics, name="metrics"),
    path("accounts/", include("allauth.urls")),
    path("desk/", include("mailer.web.desk.urls")),
    path("api/v1/", include("mailer.web.api.urls")),
    path("", include("subscribers.web.urls")),
    path("", include("mailer.web.urls")),
]
