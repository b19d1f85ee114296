"""Where Django looks for the admin: it lives with the rest of the web."""

from mailer.web import admin

__all__ = ["admin"]
