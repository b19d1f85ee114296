"""The WSGI entry point: ``granian --interface wsgi mailer.wsgi:application``.

No page waits for anything but the database, so each of a few threads serves one request after
the other on a connection that it keeps. Under ASGI, Django gives each request a thread of its
own, and that thread a new connection.
"""

from __future__ import annotations

from django.core.wsgi import get_wsgi_application

from mailer.start import import_settings

import_settings()

application = get_wsgi_application()
