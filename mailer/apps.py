"""The Django application of issues, mailings and what became of them."""

from __future__ import annotations

from django.apps import AppConfig


class MailerConfig(AppConfig):
    """Name the application for Django."""

    name = "mailer"
    verbose_name = "Bulletins and mailings"
