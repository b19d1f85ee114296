"""Every address of the site, composed from the parts that serve it."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("subscribers.web.urls")),
    path("", include("mailer.web.urls")),
]
