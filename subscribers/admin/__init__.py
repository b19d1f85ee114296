"""Django's admin for people and lists: searchable, and evidence that is read only."""

from __future__ import annotations

from subscribers.admin import evidence, imports, lists, people, segments, suppressions

__all__ = ["evidence", "imports", "lists", "people", "segments", "suppressions"]
