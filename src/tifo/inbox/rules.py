"""Reading a received mail with the standard library's parser, as a mail program would."""

from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from tifo.inbox.types import MailLine, ReceivedMail


def parsed(raw: bytes) -> EmailMessage:
    """The mail behind the bytes."""
    return message_from_bytes(raw, policy=default)


def headline(raw: bytes) -> tuple[str, str, str]:
    """From, Subject and language of a mail, decoded; its body is not looked at."""
    head, _, _ = raw.partition(b"\r\n\r\n")
    mail = parsed(head + b"\r\n\r\n")
    language = str(mail.get("Content-Language", ""))
    return str(mail.get("From", "")), str(mail.get("Subject", "")), language


def _content(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body(preferencelist=(kind,))
    return str(part.get_content()) if part is not None else ""


def opened(line: MailLine, raw: bytes) -> ReceivedMail:
    """All that a page shows of a mail."""
    mail = parsed(raw)
    links = str(mail.get("List-Unsubscribe", ""))
    urls = [part.strip().strip("<>") for part in links.split(",")]
    return ReceivedMail(
        line=line,
        headers=tuple((name, str(value)) for name, value in mail.items()),
        html=_content(mail, "html"),
        text=_content(mail, "plain"),
        raw=raw,
        unsubscribe_url=next((url for url in urls if url.startswith("http")), ""),
    )


def moment(text: str) -> datetime:
    """A stored moment."""
    return datetime.fromisoformat(text)
