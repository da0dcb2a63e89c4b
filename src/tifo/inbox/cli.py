"""`tifo inbox`: the mail server of the demo, which keeps every mail and delivers none."""

import asyncio
import logging
import signal

import click
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.conf import settings

from tifo.inbox.actions import keep_in
from tifo.inbox.queries import open_store
from tifo.kernel.public import Refused

LARGEST = 10_000_000  # bytes


class Keeper:
    """Takes every mail."""

    def __init__(self) -> None:
        self._file = open_store()

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """One mail for all its recipients."""
        content = envelope.content
        keep_in(self._file, content if isinstance(content, bytes) else b"", envelope.rcpt_tos)
        return "250 kept"


async def _listen(host: str, port: int) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    keeper = Keeper()
    logging.getLogger("mail.log").setLevel(logging.WARNING)  # aiosmtpd notes every command
    server = await loop.create_server(
        lambda: SMTP(keeper, hostname="inbox.tifo.example", data_size_limit=LARGEST, enable_SMTPUTF8=True),
        host,
        port,
    )
    async with server:
        await stop.wait()


@click.command()
def inbox() -> None:
    """Catch mails on TIFO_INBOX_BIND and show them at /inbox/. Not in production."""
    if settings.PRODUCTION:
        raise Refused("The inbox catches mails instead of delivering them: it doesn't run in production.")
    host, _, port = settings.TIFO_INBOX_BIND.rpartition(":")
    asyncio.run(_listen(host, int(port)))


COMMANDS: dict[str, click.Command] = {"inbox": inbox}
