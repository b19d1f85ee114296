"""How a program begins: with the settings, or with one sentence that says what is wrong."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from contextlib import contextmanager

from mailer.errors import InvalidSetting


@contextmanager
def refuse_bad_settings() -> Iterator[None]:
    """End the program with one sentence, on stderr and with code 1, if a setting is bad."""
    try:
        yield
    except InvalidSetting as error:
        raise SystemExit(f"masthead: {error}") from None


def import_settings() -> None:
    """Read the settings first of all, for programs that would show a traceback of their own."""
    name = os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mailer.settings")
    with refuse_bad_settings():
        importlib.import_module(name)
