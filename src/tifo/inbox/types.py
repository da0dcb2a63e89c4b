"""The values of the inbox."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class MailLine:
    """A mail in the list."""

    id: int
    received_at: datetime
    sender: str
    recipient: str
    subject: str
    language: str
    size: int


@dataclass(frozen=True)
class Part:
    """A readable part of a mail."""

    kind: str
    text: str


@dataclass(frozen=True)
class ReceivedMail:
    """A mail as it was received."""

    line: MailLine
    headers: tuple[tuple[str, str], ...]
    html: str
    text: str
    raw: bytes
    unsubscribe_url: str
