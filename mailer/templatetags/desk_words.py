"""Figures as the desk writes them."""

from __future__ import annotations

from django import template

register = template.Library()


@register.filter
def figure(number: int | None) -> str:
    """Write a number with its thousands apart, or a dash where there is none."""
    return (
        "\N{EN DASH}" if number is None else f"{number:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")
    )
