"""What the small world knows: every message as it arrived, every refusal, every reaction.

It is a file of its own, written by the world's mail server alone and never by the sender,
so that the sender's ledger can be held against it. One writer, many readers: SQLite.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

SCHEMA = """
CREATE TABLE message (
    id INTEGER PRIMARY KEY,
    arrived_at TEXT NOT NULL,
    mail_from TEXT NOT NULL,
    recipient TEXT NOT NULL,
    message_id TEXT NOT NULL,
    mailing TEXT NOT NULL,
    subject TEXT NOT NULL,
    raw BLOB NOT NULL
);
CREATE INDEX message_of_recipient ON message (recipient, id);
CREATE INDEX message_of_mailing ON message (mailing, recipient);
CREATE TABLE refusal (
    id INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    mail_from TEXT NOT NULL,
    recipient TEXT NOT NULL,
    code INTEGER NOT NULL
);
CREATE TABLE reaction (
    id INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    message INTEGER NOT NULL REFERENCES message (id),
    behaviour TEXT NOT NULL,
    problem TEXT NOT NULL
);
"""
ENVELOPE = "id, arrived_at, mail_from, recipient, message_id, mailing, subject"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A message in somebody's mailbox, with its envelope; ``raw`` is what came after DATA.

    ``mailing`` is the first field of its Feedback-ID, which names the mailing.
    """

    id: int = 0
    arrived_at: str
    mail_from: str
    recipient: str
    message_id: str
    mailing: str
    subject: str
    raw: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """A reader's mailbox: how many messages, and the last one's number and subject."""

    recipient: str
    messages: int
    last_id: int
    last_subject: str


class Mailboxes:
    """Read the world's file, and write to it if this is the world."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def create(self) -> None:
        """Make the empty file."""
        with self._open() as connection:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.executescript(SCHEMA)

    def open_writer(self) -> sqlite3.Connection:
        """Return the one connection that the world writes through, each statement at once."""
        connection = sqlite3.connect(self.path, isolation_level=None, timeout=30)
        connection.execute("PRAGMA synchronous=NORMAL")
        return connection

    def list_mailboxes(self, search: str, *, offset: int, limit: int) -> list[Mailbox]:
        """Return mailboxes whose address contains ``search``, in the order of addresses."""
        rows = self._rows(
            "SELECT recipient, count(*), max(id), subject FROM message"
            " WHERE instr(recipient, ?) GROUP BY recipient ORDER BY recipient LIMIT ? OFFSET ?",
            (search.lower(), limit, offset),
        )
        return [
            Mailbox(recipient=who, messages=count, last_id=last, last_subject=subject)
            for who, count, last, subject in rows
        ]

    def count_mailboxes(self, search: str = "") -> int:
        """Return how many mailboxes there are whose address contains ``search``."""
        sql = "SELECT count(DISTINCT recipient) FROM message WHERE instr(recipient, ?)"
        return int(self._rows(sql, (search.lower(),))[0][0])

    def count_messages(self) -> int:
        """Return how many messages have arrived."""
        return int(self._rows("SELECT count(*) FROM message")[0][0])

    def list_messages(self, recipient: str) -> list[Arrival]:
        """Return a mailbox's messages, the newest first, without their content."""
        sql = f"SELECT {ENVELOPE} FROM message WHERE recipient = ? ORDER BY id DESC"  # noqa: S608 - a constant
        return [_arrival(row) for row in self._rows(sql, (recipient,))]

    def read_message(self, number: int) -> Arrival | None:
        """Return a message as it arrived, if there is one of this number."""
        sql = f"SELECT {ENVELOPE}, raw FROM message WHERE id = ?"  # noqa: S608 - a constant
        rows = self._rows(sql, (number,))
        return _arrival(rows[0]) if rows else None

    def iterate_raw(self) -> Iterator[Arrival]:
        """Yield every message with its content, as they arrived."""
        with self._open() as connection:
            for row in connection.execute(f"SELECT {ENVELOPE}, raw FROM message ORDER BY id"):  # noqa: S608 - a constant
                yield _arrival(row)

    def deliveries(self, mailing: str) -> list[tuple[str, str, str]]:
        """Return (recipient, Message-ID, envelope sender) of each message of a mailing."""
        sql = "SELECT recipient, message_id, mail_from FROM message WHERE mailing = ?"
        return [(who, name, sender) for who, name, sender in self._rows(sql, (mailing,))]

    def refusals(self) -> list[tuple[str, str, int]]:
        """Return (recipient, envelope sender, reply code) of each refusal."""
        sql = "SELECT recipient, mail_from, code FROM refusal ORDER BY id"
        return [(who, sender, code) for who, sender, code in self._rows(sql)]

    def reactions(self, mailing: str) -> list[tuple[str, str, str]]:
        """Return (recipient, behaviour, problem) of what readers did with a mailing."""
        sql = (
            "SELECT recipient, behaviour, problem FROM reaction"
            " JOIN message ON message.id = reaction.message WHERE mailing = ?"
        )
        return [
            (who, behaviour, problem) for who, behaviour, problem in self._rows(sql, (mailing,))
        ]

    def _rows(self, sql: str, values: tuple[str | int, ...] = ()) -> list[tuple]:  # type: ignore[type-arg]  # rows differ by query
        with self._open() as connection:
            return connection.execute(sql, values).fetchall()

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.path, timeout=30)) as connection, connection:
            yield connection


def _arrival(row: tuple) -> Arrival:  # type: ignore[type-arg]  # as the query's columns
    number, arrived_at, mail_from, recipient, message_id, mailing, subject, *raw = row
    return Arrival(
        id=number,
        arrived_at=arrived_at,
        mail_from=mail_from,
        recipient=recipient,
        message_id=message_id,
        mailing=mailing,
        subject=subject,
        raw=raw[0] if raw else b"",
    )
