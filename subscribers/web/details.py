"""Forms of the admin for what is known of people, and for the rules that choose them."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

from django import forms
from django.forms.fields import InvalidJSONInput

from mailer.errors import InvalidImport, InvalidRule
from subscribers.attributes import LONGEST_NAME, is_attribute_name
from subscribers.importing.rows import MOST_ATTRIBUTES, check_country, check_language, check_zone
from subscribers.importing.tables import LONGEST_CELL
from subscribers.models import Subscriber
from subscribers.names import clean_name
from subscribers.segments import validate_rule

UNREADABLE = "This is nested too deeply, or has a number that is too long."
# A double keeps whole numbers below this exactly, and both engines' JSON does.
LARGEST_NUMBER = 1e15


class TreeField(forms.JSONField):
    """Read JSON, and show it again, whatever was written: the worst is refused, not a crash."""

    def to_python(self, value: Any) -> Any:
        """Return what the JSON says."""
        try:
            return super().to_python(value)
        except (RecursionError, ValueError) as error:
            raise forms.ValidationError(UNREADABLE) from error

    def bound_data(self, data: Any, initial: Any) -> Any:
        """Return what to show again; what can't be written anew is shown as it was written."""
        try:
            value = super().bound_data(data, initial)
            json.dumps(value, ensure_ascii=False).encode()  # half a surrogate pair has no octets
        except (RecursionError, ValueError):
            return InvalidJSONInput(data)
        return value


class RuleField(TreeField):
    """Read a rule tree, and say where in it something is wrong."""

    def validate(self, value: Any) -> None:
        """Refuse what is no rule."""
        super().validate(value)
        try:
            validate_rule(value)
        except InvalidRule as error:
            raise forms.ValidationError(str(error)) from error


class AttributesField(TreeField):
    """Read a person's attributes: names, each with a text, a number, true or false."""

    def to_python(self, value: Any) -> Any:
        """Return the attributes; an empty field means none."""
        return {} if value in self.empty_values else super().to_python(value)

    def validate(self, value: Any) -> None:
        """Refuse what an import would refuse, naming the attribute."""
        if not isinstance(value, dict) or len(value) > MOST_ATTRIBUTES:
            raise forms.ValidationError(
                f'Write an object of at most {MOST_ATTRIBUTES} values, such as {{"city": "Oslo"}}.'
            )
        for name, each in value.items():
            _check_attribute(name, each)


def _check_attribute(name: str, value: Any) -> None:
    shown = ascii(name[:LONGEST_NAME])
    if not is_attribute_name(name):
        raise forms.ValidationError(
            f"{shown} can't be a name: begin with a letter, go on with letters, digits, spaces,"
            f" _ and -, at most {LONGEST_NAME} characters."
        )
    if isinstance(value, str):
        if "\0" in value or not _is_utf8(value) or len(value) > LONGEST_CELL:
            raise forms.ValidationError(
                f"{shown}: the text is longer than {LONGEST_CELL:,} characters, or has a character"
                " that can't be kept."
            )
    elif not isinstance(value, int | float):
        raise forms.ValidationError(f"{shown}: write a text, a number, true or false.")
    elif not math.isfinite(value) or abs(value) >= LARGEST_NUMBER:
        raise forms.ValidationError(f"{shown}: a number has at most 15 digits; write it as a text.")


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


class SubscriberForm(forms.ModelForm[Subscriber]):
    """Check a person's details as an import does."""

    attributes = AttributesField(
        required=False, help_text='Such as {"city": "Oslo", "member": true}.'
    )

    class Meta:
        model = Subscriber
        fields = ("name", "language", "country", "time_zone", "attributes")

    def clean_name(self) -> str:
        """Return the name without control characters."""
        return clean_name(self.cleaned_data["name"])

    def clean_language(self) -> str:
        """Return the language's tag."""
        return self._check("language", check_language)

    def clean_country(self) -> str:
        """Return the country's letters."""
        return self._check("country", check_country)

    def clean_time_zone(self) -> str:
        """Return the zone's name as the tables have it."""
        return self._check("time_zone", check_zone)

    def _check(self, name: str, check: Callable[[str], str]) -> str:
        try:
            return check(self.cleaned_data[name])
        except InvalidImport as error:
            raise forms.ValidationError(f"{error}.") from error
