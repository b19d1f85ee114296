"""Gather the words that readers see into their catalogues, and compile them."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from subscribers.catalogues import read_catalogue, write_catalogue


class Command(BaseCommand):
    """Write every catalogue anew, and say what is left to translate."""

    help = "Gather the words of the public pages and letters, and compile their translations."

    def handle(self, *_: Any, **__: Any) -> None:
        """Write the catalogues."""
        for language, _name in settings.LANGUAGES:
            write_catalogue(language)
            missing = [
                str(each.id) for each in read_catalogue(language) if each.id and not each.string
            ]
            self.stdout.write(f"{language}: {len(missing)} messages without words")
            for message in missing:
                self.stdout.write(f"    {message}")
