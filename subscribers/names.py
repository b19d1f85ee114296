"""What a person is called, as a text that can stand in a message's header."""

from __future__ import annotations

import re

# Controls would end a header's line, or hide in it (RFC 5322 §2.2), as some readers take U+2028
# to do; UTF-8 has no half surrogates, and a database takes none.
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def clean_name(text: str) -> str:
    """Return a name on one line: white space is one space, control characters are left out.

    Nobody types these: they come by copying, and a name without them is the same name.
    """
    if text.isprintable() and "  " not in text:
        return text.strip()
    return " ".join(_CONTROLS.sub("", " ".join(text.split())).split())
