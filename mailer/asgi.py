"""The ASGI entry point: ``granian --interface asginl mailer.asgi:application``."""

from __future__ import annotations

from django.core.asgi import get_asgi_application

from mailer.start import import_settings

import_settings()

application = get_asgi_application()
