"""What is known of a person beyond the fields that everybody has: names and their values."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.db.models.expressions import Combinable

LONGEST_NAME = 63
# A letter first, since the ORM takes a number for a place in an array. Neither quotes, nor
# dots, nor percent signs: they mean something in a JSON path or in a statement.
_NAME = re.compile(r"[^\W\d_][\w -]*")


def is_attribute_name(name: str) -> bool:
    """Tell whether a name can be an attribute's: a letter, then letters, digits, _, - and space."""
    return len(name) <= LONGEST_NAME and _NAME.fullmatch(name) is not None


def read_attribute(name: str) -> Combinable:
    """Return an expression for an attribute's value as text, empty where it is not set.

    Empty instead of NULL, so that a rule and its negation divide people in two: whoever has
    no city is not in Oslo. SQLite reads JSON's null as the text "null", so both engines do.
    The name goes to the database as a parameter or an escaped path, never as a lookup.
    """
    # Here, since the process that reads an import's file asks for names alone: to load Django's
    # models takes longer than to read 20,000 rows.
    from django.db.models import F, TextField, Value  # noqa: PLC0415
    from django.db.models.fields.json import KeyTextTransform  # noqa: PLC0415
    from django.db.models.functions import Cast, Coalesce, NullIf  # noqa: PLC0415

    value = Cast(KeyTextTransform(name, F("attributes")), TextField())
    known = NullIf(value, Value("null", output_field=TextField()))
    return Coalesce(known, Value("", output_field=TextField()), output_field=TextField())
