"""Anchors: what the links of the contents list jump to."""

from __future__ import annotations

import re
import unicodedata

LONGEST_ANCHOR = 60  # an address that wraps in a mail's source is one that breaks


class Anchors:
    """The anchors of one issue, each given out once."""

    def __init__(self) -> None:
        self.taken: set[str] = set()
        # Where counting goes on for a title: counting from one each time, an issue of equal
        # titles took minutes.
        self._counts: dict[str, int] = {}

    def take(self, title: str, *, otherwise: str) -> str:
        """Return an anchor made from a title, or from ``otherwise`` if that has no ASCII letters.

        Only ASCII is used: mail programs rewrite an ``id`` in other letters, each in its own way.
        """
        plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
        slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:LONGEST_ANCHOR].strip("-")
        base = slug if re.match(r"[a-z]", slug) else otherwise
        anchor, count = base, self._counts.get(base, 1)
        while anchor in self.taken:
            count += 1
            anchor = f"{base}-{count}"
        self._counts[base] = count
        self.taken.add(anchor)
        return anchor
