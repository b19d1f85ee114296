"""The addresses in readers' links; ``subscribers.links`` writes them."""

from __future__ import annotations

from django.urls import path

from subscribers.web import confirming, joining, own_data, views

app_name = "public"

urlpatterns = [
    path("u/<str:token>", views.unsubscribe, name="unsubscribe"),
    path("p/<str:token>", views.preferences, name="preferences"),
    path("p/<str:token>/address", own_data.change_address, name="change_address"),
    path("p/<str:token>/data", own_data.download, name="download"),
    path("p/<str:token>/erase", own_data.erase_me, name="erase"),
    path("c/<str:token>", confirming.confirm, name="confirm"),
    path("a/<str:token>", confirming.take_address, name="take_address"),
    path("k/<str:token>", confirming.keep_address, name="keep_address"),
    path("subscribe/challenge", joining.challenge, name="challenge"),
    path("subscribe/<slug:slug>", joining.subscribe, name="subscribe"),
    path("subscribe/<slug:slug>/embed", joining.embed, name="embed"),
    path("subscribe/<slug:slug>/json", joining.subscribe_by_json, name="subscribe_by_json"),
]
