"""LMTP (RFC 2033): the mail server of the house hands over what comes back, and keeps it until we have it."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.db import close_old_connections

from tifo.delivery.ports import Mailbox
from tifo.kernel.public import Refused

log = logging.getLogger(__name__)

LARGEST = 10_000_000  # bytes; a server that returns more is told so
LOOK = 0.2  # seconds between two looks at `until`


class LmtpMailbox:
    """Listens on `bind`: host:port, or the path of a socket."""

    def __init__(self, bind: str) -> None:
        self.bind = bind

    def receive(self, take: Callable[[bytes, str], None], until: Callable[[], bool]) -> int:
        """Until `until()` says so; what is under way is finished."""
        return asyncio.run(self._listen(take, until))

    async def _listen(self, take: Callable[[bytes, str], None], until: Callable[[], bool]) -> int:
        logging.getLogger("mail.log").setLevel(logging.WARNING)  # aiosmtpd notes every command
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(
            1, "lmtp"
        ) as thread:  # one: a connection to the database belongs to its thread
            keeper = _Keeper(take, thread)

            def session() -> LMTP:
                return LMTP(keeper, hostname="tifo", data_size_limit=LARGEST, enable_SMTPUTF8=True)

            try:
                if self.bind.startswith("/"):
                    Path(self.bind).unlink(missing_ok=True)
                    server: Any = await loop.create_unix_server(session, self.bind)
                else:
                    host, _, port = self.bind.rpartition(":")
                    server = await loop.create_server(session, host, int(port))
            except OSError as error:
                raise Refused(
                    f"Nothing can listen on TIFO_INBOUND_BIND={self.bind} ({error.strerror}): is it listening already?"
                ) from None
            async with server:
                while not until():
                    await asyncio.sleep(LOOK)
            await loop.run_in_executor(thread, close_old_connections)
        return keeper.taken


class _Keeper:
    """One recipient a mail: LMTP answers for each, and a second one comes again by itself."""

    def __init__(self, take: Callable[[bytes, str], None], thread: ThreadPoolExecutor) -> None:
        self._take, self._thread = take, thread
        self.taken = 0

    async def handle_RCPT(  # noqa: N802  aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if envelope.rcpt_tos:
            return "452 4.5.3 one recipient at a time"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(self._thread, self._keep, content, envelope.rcpt_tos[0])
        except Exception as error:
            log.warning(
                "a mail that came back could not be kept (%s): it will come again", type(error).__name__
            )
            return "451 4.3.0 not now"
        self.taken += 1
        return "250 2.0.0 kept"

    def _keep(self, content: bytes, recipient: str) -> None:
        close_old_connections()  # one that broke is opened anew
        self._take(content, recipient)


def open_mailbox(bind: str) -> Mailbox:
    """Ready to listen."""
    return LmtpMailbox(bind)
