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


@register.filter
def share(percent: float | None) -> str:
    """Write a share in percent with one decimal, or a dash where there is none."""
    return "\N{EN DASH}" if percent is None else f"{percent:.1f}\N{NARROW NO-BREAK SPACE}%"
