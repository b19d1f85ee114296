"""Cells that no spreadsheet runs as a formula."""

from __future__ import annotations

# What begins a formula for one spreadsheet or another; some look behind white space too.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
GUARD = "'"  # a spreadsheet takes what follows for a text; an import takes it off again


def defuse(text: str) -> str:
    """Return a text as a cell: one that a spreadsheet would run is guarded."""
    if text.startswith(FORMULA_STARTS) or text.lstrip().startswith(FORMULA_STARTS):
        return GUARD + text
    return text
