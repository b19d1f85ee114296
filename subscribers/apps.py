"""The Django application of people and consent."""

from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class SubscribersConfig(AppConfig):
    """Name the application for Django, and have its evidence guarded."""

    name = "subscribers"
    verbose_name = "People and lists"

    def ready(self) -> None:
        """Guard the evidence of consent after every migration."""
        from subscribers.guard import guard_evidence  # noqa: PLC0415 - models are ready only now

        post_migrate.connect(guard_evidence, sender=self, dispatch_uid="guard_evidence")
