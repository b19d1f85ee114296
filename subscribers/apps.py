"""The Django application of people and consent."""

from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class SubscribersConfig(AppConfig):
    """Name the application for Django, have its evidence guarded and its people searchable."""

    name = "subscribers"
    verbose_name = "People and lists"

    def ready(self) -> None:
        """Guard the evidence of consent, and keep the search true, after every migration."""
        from subscribers.guard import guard_evidence  # noqa: PLC0415 - models are ready only now
        from subscribers.searching.trigrams import prepare_search  # noqa: PLC0415

        post_migrate.connect(guard_evidence, sender=self, dispatch_uid="guard_evidence")
        post_migrate.connect(prepare_search, sender=self, dispatch_uid="prepare_search")
