"""A server's octets cut into replies (RFC 5321 §4.2), however they were split on their way."""

from __future__ import annotations

# RFC 5321 §4.5.3.1.5 has lines of 512 octets; some servers write longer ones to people.
LONGEST_LINE = 8_192
MOST_LINES = 100  # a list of extensions has about twenty

# A look-up both checks a code and reads it.
_CODES = {b"%d" % code: code for code in range(200, 600)}


class NonsenseError(Exception):
    """The server wrote what is no reply; ``words`` is some of it. Never leaves this package."""

    def __init__(self, words: bytes) -> None:
        self.words = words
        super().__init__(words)


class ReplyReader:
    """Take octets in, give replies out. A line and a reply that have no end are refused."""

    def __init__(self) -> None:
        self._rows: list[bytes] = []  # whole lines, the next one last
        self._tail = b""
        self._lines: list[bytes] = []  # of a reply that is not whole

    def add(self, octets: bytes) -> None:
        """Take what the server wrote."""
        rows = (self._tail + octets).split(b"\n")
        self._tail = rows.pop()
        rows.reverse()
        self._rows = rows + self._rows

    def take(self) -> tuple[int, bytes] | None:
        """Return the next reply, its code and its text with a LF between lines, once it is whole.

        Raises NonsenseError for what can't become a reply, or has no end.
        """
        while self._rows:
            line = self._rows.pop().rstrip(b"\r")
            code = _CODES.get(line[:3])
            mark = line[3:4]
            if code is None or mark not in b" -" or len(line) > LONGEST_LINE:
                raise NonsenseError(line)
            if mark != b"-" and not self._lines:
                return code, line[4:]
            self._lines.append(line[4:])
            if mark != b"-":
                lines, self._lines = self._lines, []
                return code, b"\n".join(lines)
            if len(self._lines) >= MOST_LINES:
                raise NonsenseError(b"a reply without end")
        if len(self._tail) > LONGEST_LINE:
            raise NonsenseError(self._tail)
        return None

    def rest(self) -> bytes:
        """Return what was written beyond the last whole reply."""
        return b"\n".join([*self._lines, *reversed(self._rows), self._tail])
