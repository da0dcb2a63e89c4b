"""Django's mails (sign-in codes of allauth and the like) as letters: EMAIL_BACKEND points here."""

from collections.abc import Sequence
from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction

from tifo.delivery.public import store_letter


class LetterBackend(BaseEmailBackend):
    """Leaves each mail in the letter queue, one letter a recipient, in the caller's transaction."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """How many mails were left; Bcc is honoured, and never shown."""
        left = 0
        for message in email_messages:
            recipients = message.recipients()
            if not recipients:
                continue
            built: Any = message.message()
            if "Auto-Submitted" not in built:
                built["Auto-Submitted"] = "auto-generated"
            content = built.as_bytes(linesep="\r\n")
            with transaction.atomic():
                for recipient in recipients:
                    store_letter(
                        "account",
                        fan_id=None,
                        address=recipient,
                        message_id=str(built["Message-ID"]),
                        content=content,
                    )
            left += 1
        return left
