"""Reading what was caught. The mails lie in a file of their own, apart from the truth."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

from tifo.inbox.rules import moment, opened
from tifo.inbox.types import MailLine, ReceivedMail
from tifo.kernel.public import data_path

_COLUMNS = "id, received_at, sender, recipient, subject, language, length(raw)"


def open_store() -> sqlite3.Connection:
    """The file of caught mails, made when it is missing."""
    file = sqlite3.connect(data_path("inbox", "mails.sqlite3"), timeout=30)
    file.execute("PRAGMA journal_mode=WAL")
    file.execute("PRAGMA synchronous=OFF")  # a demo's mails may be lost in a power cut
    file.execute(
        "CREATE TABLE IF NOT EXISTS mail (id INTEGER PRIMARY KEY, received_at TEXT NOT NULL, sender TEXT NOT NULL,"
        " recipient TEXT NOT NULL, subject TEXT NOT NULL, language TEXT NOT NULL, raw BLOB NOT NULL)"
    )
    return file


@contextmanager
def store() -> Iterator[sqlite3.Connection]:
    """The file, for one piece of work that is kept whole or not at all."""
    with closing(open_store()) as file, file:
        yield file


def _line(row: tuple[int, str, str, str, str, str, int]) -> MailLine:
    number, received, sender, recipient, subject, language, size = row
    return MailLine(number, moment(received), sender, recipient, subject, language, size)


def _matching(text: str) -> tuple[str, list[str]]:
    if not text:
        return "", []
    like = "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    return " WHERE recipient LIKE ? ESCAPE '\\' OR subject LIKE ? ESCAPE '\\' OR language = ?", [
        like,
        like,
        text,
    ]


def mail_count(text: str = "") -> int:
    """How many mails there are, or match."""
    where, params = _matching(text)
    with store() as file:
        return int(file.execute(f"SELECT count(*) FROM mail{where}", params).fetchone()[0])


def mails(text: str = "", *, start: int = 0, limit: int = 50) -> list[MailLine]:
    """Mails whose recipient or subject holds `text`, the newest first."""
    where, params = _matching(text)
    with store() as file:
        rows = file.execute(
            f"SELECT {_COLUMNS} FROM mail{where} ORDER BY id DESC LIMIT ? OFFSET ?", [*params, limit, start]
        )
        return [_line(row) for row in rows]


def mail(number: int) -> ReceivedMail | None:
    """One mail, or None."""
    if number >= 2**63:  # no row of SQLite's
        return None
    with store() as file:
        row = file.execute(f"SELECT {_COLUMNS}, raw FROM mail WHERE id = ?", [number]).fetchone()
    return opened(_line(row[:-1]), row[-1]) if row else None
