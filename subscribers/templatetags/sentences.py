"""Sentences of the public pages, with a reader's own values in them, escaped."""

from __future__ import annotations

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

register = template.Library()


@register.simple_tag
def sentence(text: str, **values: object) -> SafeString:
    """Return a sentence with its values; each is isolated, so that no direction leaks."""
    isolated = {name: format_html("<bdi>{}</bdi>", value or "") for name, value in values.items()}
    return format_html(text, **isolated)


@register.simple_tag
def translated(text: str) -> str:
    """Return a text that was marked elsewhere, in the page's language."""
    return gettext(text)
