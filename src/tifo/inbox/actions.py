"""Keeping and clearing what was caught."""

import sqlite3
from collections.abc import Iterable

from tifo.inbox.queries import store
from tifo.inbox.rules import headline
from tifo.kernel.public import clock


def keep(raw: bytes, recipients: Iterable[str]) -> None:
    """Keep one mail for each of its recipients."""
    with store() as file:
        keep_in(file, raw, recipients)


def keep_in(file: sqlite3.Connection, raw: bytes, recipients: Iterable[str]) -> None:
    """The same in a file that the mail server holds open."""
    sender, subject, language = headline(raw)
    received = clock.now().isoformat()
    with file:
        file.executemany(
            "INSERT INTO mail (received_at, sender, recipient, subject, language, raw) VALUES (?, ?, ?, ?, ?, ?)",
            [(received, sender, recipient, subject, language, raw) for recipient in recipients],
        )


def clear() -> None:
    """Throw all caught mails away."""
    with store() as file:
        file.execute("DELETE FROM mail")
