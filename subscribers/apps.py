"""The Django application of people and consent."""

from __future__ import annotations

from django.apps import AppConfig


class SubscribersConfig(AppConfig):
    """Name the application for Django."""

    name = "subscribers"
    verbose_name = "People and lists"
