"""The door of the inbox."""

from tifo.inbox.actions import clear, keep
from tifo.inbox.queries import mail, mail_count, mails
from tifo.inbox.types import MailLine, ReceivedMail

__all__ = ["MailLine", "ReceivedMail", "clear", "keep", "mail", "mail_count", "mails"]
