"""The form of a part: one field for each of its values, all of which may be empty for now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from mailer.content.pictures import Crop
from mailer.web.desk.editing.parts import COLOPHON, FIELDS, HEAD, LONGEST_TEXT, PICTURED, Part

_Words = tuple[Any, Any]
APOSTROPHE = "\N{RIGHT SINGLE QUOTATION MARK}"
# Label and help of each field; where a kind calls one otherwise, its own line stands below.
WORDS: Mapping[str, _Words] = {
    "subject": (_("Subject"), _("What readers see first, in the list of their mail.")),
    "preheader": (_("Preview line"), _("What mail programs show after the subject.")),
    "published": (_("Date"), _("A year, a month or a day: 2026, 2026-03 or 2026-03-14.")),
    "publication": (_("Publication"), _("Its name in this language.")),
    "publisher": (_("Publisher"), ""),
    "address": (_("Postal address"), ""),
    "phone": (_("Telephone"), ""),
    "email": (_("Email"), ""),
    "website": (_("Website"), ""),
    "roles": (_("Who made it"), _("A role a line, its people after a colon: Editors: Ada; Bo")),
    "title": (_("Title"), ""),
    "only": (
        _("Only for"),
        _("Segments, with commas between. Leave it empty for everybody."),
    ),
    "markdown": (_("Text"), ""),
    "alt": (_("What it shows"), _("For those who can\N{RIGHT SINGLE QUOTATION MARK}t see it.")),
    "caption": (_("Caption"), ""),
    "credit": (_("Credit"), _("Who made the photo.")),
    "name": (_("Name"), ""),
    "country": (_("Country"), ""),
    "note": (_("Note"), _("Such as an award and its year.")),
    "portrait_alt": (_("What the portrait shows"), ""),
    "attribution": (_("Whose words"), ""),
    "label": (_("What the button says"), ""),
    "url": (_("Leads to"), _("An address that begins with https://")),
    "starts": (_("First day"), ""),
    "ends": (_("Last day"), _("Leave it empty if it is one day.")),
    "place": (_("Place"), ""),
}
OF_KIND: Mapping[tuple[str, str], _Words] = {
    ("quotation", "markdown"): (_("The words"), ""),
    ("event", "title"): (_("What takes place"), ""),
    ("event", "url"): (_("Read more at"), ""),
}
LONG = frozenset({"markdown", "roles"})
DAYS = frozenset({"starts", "ends"})
HIDDEN = frozenset({"src", "portrait"})
# What stands below the fields that everybody fills in.
SELDOM = frozenset({"only", *COLOPHON, "publication"})
ROWS = {"roles": 6, "markdown": 16}
LONGEST_LINE = 1_000
# Which part of a photo is shown, in percent of it.
SIDES: Mapping[str, tuple[Any, int, int]] = {
    "left": (_("Left"), 0, 99),
    "top": (_("Top"), 0, 99),
    "width": (_("Width"), 1, 100),
    "height": (_("Height"), 1, 100),
}
CROPS = [f"crop_{side}" for side in SIDES]


class PartForm(forms.Form):
    """What a part says, and the revision of it that the author began from."""

    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    kind = forms.CharField(widget=forms.HiddenInput, max_length=20)

    def list_usual(self) -> list[forms.BoundField]:
        """Return the fields that are filled in mostly."""
        apart = {*SELDOM, *CROPS}
        return [field for field in self.visible_fields() if field.name not in apart]

    def list_sides(self) -> list[forms.BoundField]:
        """Return the fields that say which part of a photo is shown."""
        return [field for field in self.visible_fields() if field.name in CROPS]

    def read_crop(self) -> Crop:
        """Return which part of a photo is shown; what is not said is the whole."""
        found = {side: self.cleaned_data.get(f"crop_{side}") for side in SIDES}
        return Crop(**{side: share for side, share in found.items() if share is not None})

    def list_seldom(self) -> list[forms.BoundField]:
        """Return the fields that are seldom changed."""
        return [field for field in self.visible_fields() if field.name in SELDOM]

    def read_values(self, kind: str) -> dict[str, str]:
        """Return what was written, with lines ended alike; what did not come stays as it is."""
        found = self.cleaned_data
        return {
            name: str(found[name]).replace("\r\n", "\n").replace("\r", "\n")
            for name in FIELDS[kind]
            if name in found and name in self.data
        }


def make_form(
    part: Part,
    language: str,
    direction: str,
    *,
    data: Any = None,
    files: Any = None,
    crop: Crop | None = None,
) -> PartForm:
    """Return the form of a part; its texts are in the edition's language and direction.

    ``crop`` is which part of its photo is shown, if it has one.
    """
    kind = part["kind"]
    initial: dict[str, Any] = {"seen": part["rev"], "kind": kind, **part["values"]}
    form = PartForm(data, files, initial=initial, auto_id="part_%s")
    if kind in PICTURED:
        form.fields["file"] = _make_file_field(is_there=crop is not None)
    if crop is not None:
        for side, (words, low, high) in SIDES.items():
            form.fields[f"crop_{side}"] = forms.IntegerField(
                label=words,
                min_value=low,
                max_value=high,
                required=False,
                initial=getattr(crop, side),
            )
    for name in FIELDS[kind]:
        form.fields[name] = _make_field(kind, name, {"lang": language, "dir": direction})
    return form


def name_field(kind: str, name: str) -> str:
    """Return what a field is called."""
    words = {"src": "Picture", "portrait": "Portrait"}
    return words.get(name) or str((OF_KIND.get((kind, name)) or WORDS[name])[0])


def _make_file_field(*, is_there: bool) -> forms.FileField:
    return forms.FileField(
        label=_("Another picture") if is_there else _("Picture"),
        help_text=_("A JPEG, PNG, GIF or WebP of at most 20 MB. Where it was taken is removed."),
        required=False,
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/gif,image/webp"}),
    )


def _make_field(kind: str, name: str, spoken: dict[str, Any]) -> forms.CharField:
    label, help_text = OF_KIND.get((kind, name)) or WORDS.get(name, (name, ""))
    return forms.CharField(
        label=label,
        help_text=help_text,
        required=False,
        strip=name not in LONG,
        max_length=LONGEST_TEXT if name in LONG else LONGEST_LINE,
        widget=_make_widget(kind, name, spoken),
    )


def _make_widget(kind: str, name: str, spoken: dict[str, Any]) -> forms.Widget:
    if name in HIDDEN:
        return forms.HiddenInput()
    if name in DAYS:
        return forms.DateInput(attrs={"type": "date"})
    if name in LONG:
        rows = 6 if kind == "quotation" else ROWS[name]
        prose = {"data-prose": kind} if name == "markdown" else {}
        return forms.Textarea(attrs=spoken | prose | {"rows": rows})
    plain = kind == HEAD and name in {"published", "phone", "email", "website"}
    return forms.TextInput(
        attrs={"autocomplete": "off"} | ({} if plain or name == "url" else spoken)
    )
