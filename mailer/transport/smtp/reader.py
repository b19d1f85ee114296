"""A server's octets cut into replies (RFC 5321 §4.2), however they were split on their way."""

from __future__ import annotations

# RFC 5321 §4.5.3.1.5 has lines of 512 octets; some servers write longer ones to people.
LONGEST_LINE = 8_192
MOST_LINES = 100  # a list of extensions has about twenty

# A look-up both checks a code and reads it.
_CODES = {b"%d" % code: code for code in range(200, 600)}


NONSENSE = 0  # instead of a code: the words make no reply


class ReplyReader:
    """Take octets in, give replies out. A line and a reply that have no end are nonsense."""

    def __init__(self) -> None:
        self._tail = b""
        self._lines: list[bytes] = []  # of a reply that is not whole

    @property
    def has_rest(self) -> bool:
        """Say whether anything was written beyond the last whole reply."""
        return bool(self._tail or self._lines)

    def feed(self, octets: bytes) -> list[tuple[int, bytes]]:
        """Return the replies that are now whole: each its code, and its text with LFs in between.

        After what can become no reply nothing else follows; it has the code ``NONSENSE``.
        """
        replies: list[tuple[int, bytes]] = []
        lines = (self._tail + octets).split(b"\n")
        self._tail = lines.pop()
        for line in lines:
            code = _CODES.get(line[:3], NONSENSE)
            if code and line[3:4] == b" " and not self._lines and len(line) <= LONGEST_LINE:
                replies.append((code, line[4:].rstrip(b"\r")))
                continue
            reply = self._take(code, line.rstrip(b"\r"))
            if reply is not None:
                replies.append(reply)
                if reply[0] == NONSENSE:
                    return replies
        if len(self._tail) > LONGEST_LINE:
            replies.append((NONSENSE, self._tail))
        return replies

    def _take(self, code: int, line: bytes) -> tuple[int, bytes] | None:
        """Return the reply that this line ends, or None if another line is to come."""
        mark = line[3:4]
        if not code or mark not in b" -" or len(line) > LONGEST_LINE:
            return NONSENSE, line
        self._lines.append(line[4:])
        if mark != b"-":
            lines, self._lines = self._lines, []
            return code, b"\n".join(lines)
        return (NONSENSE, b"a reply without end") if len(self._lines) >= MOST_LINES else None
