"""IMAP: look into the mailbox to which bounces and complaints go."""

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from imapclient import SEEN, IMAPClient
from imapclient.exceptions import IMAPClientError, LoginError

from tifo.delivery.ports import Mailbox
from tifo.delivery.rules.reports import LONGEST
from tifo.kernel.public import Refused, outside_transactions

TIMEOUT = 30  # seconds
A_PASS = 1_000  # mails at most, so that a pass ends

_PORTS = {"imap": 143, "imap+starttls": 143, "imaps": 993}
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_WORDING = (
    "write imaps://user:password@host:993/INBOX, with ?after=delete to have mails deleted that were read, "
    "or ?ca=/path/to/authority.pem where needed"
)


@dataclass(frozen=True)
class MailboxAddress:
    """A parsed TIFO_INBOUND_IMAP_URL."""

    host: str
    port: int
    encryption: str
    user: str
    password: str
    folder: str
    delete: bool
    authority: str


def mailbox_address(url: str) -> MailboxAddress:
    """Read a URL; raises Refused with the mend, never with the password."""
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme, 0)
        options = parse_qs(parts.query, strict_parsing=bool(parts.query))
    except ValueError:
        raise Refused(f"TIFO_INBOUND_IMAP_URL can't be read: {_WORDING}.") from None
    if (
        parts.scheme not in _PORTS
        or not parts.hostname
        or not parts.username
        or set(options) - {"after", "ca"}
    ):
        raise Refused(f"TIFO_INBOUND_IMAP_URL can't be read: {_WORDING}.")
    after = options.get("after", ["mark"])[0]
    if after not in ("mark", "delete"):
        raise Refused("TIFO_INBOUND_IMAP_URL: after must be mark or delete.")
    if parts.scheme == "imap" and parts.hostname not in _LOOPBACK:
        raise Refused(
            "TIFO_INBOUND_IMAP_URL would send the password in the clear: write imaps:// or imap+starttls:// instead."
        )
    return MailboxAddress(
        parts.hostname,
        port,
        {"imaps": "tls", "imap+starttls": "starttls"}.get(parts.scheme, "none"),
        unquote(parts.username),
        unquote(parts.password or ""),
        unquote(parts.path.lstrip("/")) or "INBOX",
        after == "delete",
        options.get("ca", [""])[0],
    )


class ImapMailbox:
    """Takes the mails that nobody has read; marks them as read, or deletes them."""

    def __init__(self, address: MailboxAddress) -> None:
        self._address = address

    def receive(self, take: Callable[[bytes, str], None], until: Callable[[], bool]) -> int:
        """One pass."""
        outside_transactions()
        try:
            with self._connected() as client:
                return self._pass(client, take, until)
        except LoginError:
            raise Refused(
                "The mailbox of TIFO_INBOUND_IMAP_URL does not let us in: check user and password."
            ) from None
        except (IMAPClientError, OSError) as error:
            raise Refused(
                f"The mailbox of TIFO_INBOUND_IMAP_URL can't be read ({type(error).__name__})."
            ) from None

    def _connected(self) -> Any:
        at = self._address
        context = ssl.create_default_context(cafile=at.authority or None) if at.encryption != "none" else None
        client = IMAPClient(
            at.host, at.port, ssl=at.encryption == "tls", ssl_context=context, timeout=TIMEOUT
        )
        if at.encryption == "starttls":
            client.starttls(context)
        client.login(at.user, at.password)
        return client

    def _pass(self, client: Any, take: Callable[[bytes, str], None], until: Callable[[], bool]) -> int:
        client.select_folder(self._address.folder)
        taken = 0
        for uid in client.search("UNSEEN")[:A_PASS]:
            if until():
                break
            found = client.fetch([uid], [f"BODY.PEEK[]<0.{LONGEST}>"])
            content = found.get(uid, {}).get(b"BODY[]<0>")
            if content is None:  # somebody else was faster
                continue
            take(content, "")
            if self._address.delete:
                client.delete_messages([uid])
                client.expunge([uid] if client.has_capability("UIDPLUS") else None)
            else:
                client.add_flags([uid], [SEEN])
            taken += 1
        return taken


def open_mailbox(url: str) -> Mailbox:
    """Ready for a pass."""
    return ImapMailbox(mailbox_address(url))
