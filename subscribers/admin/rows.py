"""What the pages of the admin share: rows that are only read, and tables of them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join

MOST_ROWS = 500  # on one page; the download has them all


def show_rows(rows: QuerySet[Any], *fields: str) -> str:
    """Return rows as a table of texts: nothing in them is markup."""
    head = format_html_join("", "<th>{}</th>", ((name.replace("_", " "),) for name in fields))
    lines = (
        (format_html_join("", "<td>{}</td>", ((_show(value),) for value in row)),)
        for row in rows.values_list(*fields)[:MOST_ROWS]
    )
    return format_html(
        "<table><tr>{}</tr>{}</table>", head, format_html_join("", "<tr>{}</tr>", lines)
    )


def _show(value: Any) -> str:
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    return "" if value is None else str(value)


class ReadOnlyAdmin(admin.ModelAdmin[Any]):
    """Show rows that verbs write: joining, leaving, suppressing."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: the verbs write these rows, and leave evidence."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse: what happened is not edited."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse: evidence is not deleted."""
        return False
