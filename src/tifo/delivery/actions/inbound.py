"""Taking in what comes back by mail. Adapters are found by name, as the ways out are."""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.module_loading import import_string

from tifo.delivery.actions.feedback import hear_mail
from tifo.delivery.ports import Mailbox
from tifo.kernel.public import Refused, jobs

ADAPTERS = {
    "": "tifo.delivery.adapters.lmtp.open_mailbox",
    "imap": "tifo.delivery.adapters.imap.open_mailbox",
    "imap+starttls": "tifo.delivery.adapters.imap.open_mailbox",
    "imaps": "tifo.delivery.adapters.imap.open_mailbox",
}


def open_mailbox(where: str) -> Mailbox:
    """The mailbox at a URL, or one that listens at host:port or on a socket's path."""
    scheme = urlsplit(where).scheme if "://" in where else ""
    if scheme not in ADAPTERS:
        raise Refused("TIFO_INBOUND_IMAP_URL: write imaps://, imap+starttls:// or, on this machine, imap://.")
    opener: Callable[[str], Mailbox] = import_string(ADAPTERS[scheme])
    return opener(where)


def fetch_inbound() -> int:
    """One look into the mailbox of TIFO_INBOUND_IMAP_URL; how many mails, 0 where there is none to look into."""
    if not settings.TIFO_INBOUND_IMAP_URL:
        return 0
    return open_mailbox(settings.TIFO_INBOUND_IMAP_URL).receive(_take("imap"), jobs.stop_requested)


def serve_inbound(until: Callable[[], bool]) -> int:
    """Listen at TIFO_INBOUND_BIND; how many mails were taken."""
    return open_mailbox(settings.TIFO_INBOUND_BIND).receive(_take("lmtp"), until)


def _take(source: str) -> Callable[[bytes, str], None]:
    def take(content: bytes, recipient: str) -> None:
        hear_mail(content, recipient, source)

    return take
