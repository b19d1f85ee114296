"""The addresses in readers' links; ``subscribers.links`` writes them."""

from __future__ import annotations

from django.urls import path

from subscribers.web import views

app_name = "public"

urlpatterns = [
    path("u/<str:token>", views.unsubscribe, name="unsubscribe"),
    path("p/<str:token>", views.preferences, name="preferences"),
]
