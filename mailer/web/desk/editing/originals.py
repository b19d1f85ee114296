"""What a part of a translation was translated from, and whether that says the same still."""

from __future__ import annotations

import hashlib

from mailer.models import Draft
from mailer.web.desk.editing.parts import (
    FIELDS,
    UNTRANSLATED,
    Content,
    Part,
    copy_content,
)

DONE, WAITS, OLD, MISSING, EXTRA = "done", "to translate", "changed since", "missing", "only here"


def judge(source: Part | None, part: Part | None) -> str:
    """Return what a part is, in another language than the one that it is translated from."""
    if part is None:
        return MISSING
    if source is None:
        return EXTRA
    if part["of"] and part["of"] != take_fingerprint(source):
        return OLD
    # Names and numbers may be alike in every language: whoever saved it has said so.
    return DONE if part["of"] or list_spoken(part) != list_spoken(source) else WAITS


def take_fingerprint(part: Part) -> str:
    """Return what tells whether the text of a part is another than it was."""
    return hashlib.sha256(repr(list_spoken(part)).encode()).hexdigest()[:16]


def find_source(draft: Draft) -> Draft | None:
    """Return the draft that this one is translated from: the issue's first, if it is another."""
    first = Draft.objects.filter(issue_id=draft.issue_id).order_by("id").first()
    return first if first and first.pk != draft.pk else None


def find_original(source: Draft | None, name: str) -> Part | None:
    """Return the part that one of this name is translated from."""
    return index_parts(copy_content(source.content)).get(name) if source else None


def list_spoken(part: Part) -> list[str]:
    """Return the texts of a part that are other ones in another language."""
    names = [name for name in FIELDS[part["kind"]] if name not in UNTRANSLATED]
    return [part["values"][name].strip() for name in names]


def index_parts(content: Content) -> dict[str, Part]:
    """Return the parts of a draft by their names, the head among them."""
    return {part["id"]: part for part in (content["head"], *content["parts"])}
