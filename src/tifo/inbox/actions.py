"""Keeping and clearing what was caught."""

from collections.abc import Iterable

from tifo.inbox.queries import store
from tifo.inbox.rules import headline
from tifo.kernel.public import clock


def keep(raw: bytes, recipients: Iterable[str]) -> None:
    """Keep one mail for each of its recipients, durably enough for a demo."""
    sender, subject, language = headline(raw)
    received = clock.now().isoformat()
    with store() as file:
        file.executemany(
            "INSERT INTO mail (received_at, sender, recipient, subject, language, raw) VALUES (?, ?, ?, ?, ?, ?)",
            [(received, sender, recipient, subject, language, raw) for recipient in recipients],
        )


def clear() -> None:
    """Throw all caught mails away."""
    with store() as file:
        file.execute("DELETE FROM mail")
