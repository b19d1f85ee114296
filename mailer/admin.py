"""Where Django looks for the admin: it lives with the rest of the web."""

from mailer.web import admin, transports

__all__ = ["admin", "transports"]
