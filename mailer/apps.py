"""The Django application of issues, mailings and what became of them."""

from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig


class MailerConfig(AppConfig):
    """Name the application for Django."""

    name = "mailer"
    verbose_name = "Bulletins and mailings"

    def ready(self) -> None:
        """Load the Celery application and who counts figures; answer what segments ask.

        Every process that enqueues must know its broker.
        """
        import_module("mailer.celery")
        import_module("mailer.results.engagement").answer_segments()
        for counters in ("mailer.results.counting", "mailer.dispatch.planning.zones"):
            import_module(counters)
