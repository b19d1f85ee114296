"""Addresses as reports write them, in all the forms that occur."""

from __future__ import annotations

import re

LONGEST_ADDRESS = 320  # RFC 5321 §4.5.3.1: 64 + "@" + 255

# Every repetition is bounded and none overlaps its neighbour, so that no text is slow to read.
_ATOM = r"[^\s<>()\[\]:;,\"'@\\\x00-\x1f\x7f]"
PATTERN = re.compile(
    rf"(?<![^\s<>()\[\]:;,\"'])({_ATOM}{{1,64}}@[a-zA-Z0-9\u0080-\uffff][a-zA-Z0-9.\u0080-\uffff_-]{{0,253}}+)"
    r"(?![a-zA-Z0-9\u0080-\uffff])"
)
_QUOTED = re.compile(r'"[^"\x00-\x1f]{1,62}"@[a-zA-Z0-9][a-zA-Z0-9.-]{0,253}')
# RFC 3461 §4: what xtext must encode in an address; any other "+XX" may be somebody's own tag.
_XTEXT = {"+2B": "+", "+3D": "="}
# RFC 6533 §3: an address in Unicode may come as \x{1F600}.
_UNICODE = re.compile(r"\\x\{([0-9A-Fa-f]{2,5})\}")


def read_address(value: str) -> str:
    """Return the address in a field such as ``rfc822; <reader@example.org>``, or nothing."""
    if "@" not in value:
        return ""
    kind, semicolon, rest = value.partition(";")
    text = (rest if semicolon else kind).strip()[: 2 * LONGEST_ADDRESS]
    if kind.strip().lower() == "utf-8":
        text = _UNICODE.sub(lambda match: chr(int(match[1], 16)), text)
    if kind.strip().lower() == "x400":
        return ""
    for escape, character in _XTEXT.items():
        text = text.replace(escape, character)
    found = find_addresses(text)
    return found[0] if found else ""


def find_addresses(text: str) -> list[str]:
    """Return the addresses that stand in a text, each once, in order."""
    if "@" not in text:
        return []
    quoted = [match[0] for match in _QUOTED.finditer(text)]
    plain = [match[1].rstrip(".-_") for match in PATTERN.finditer(text)]
    return list(dict.fromkeys(each for each in quoted + plain if len(each) <= LONGEST_ADDRESS))
