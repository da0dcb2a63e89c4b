"""The oracle: a mail server, a process of its own, that writes down each message it took before it says so.

    python -m bench.crash.oracle FOLDER [ADDRESS [PAUSE]]

It prints three ports: one that takes messages by DATA, one that offers CHUNKING, one that answers (a connection to it
is closed when no message is under way any more). FOLDER/accepted gets a line for each message: its X-Tifo-Key, a tab, the
recipient; on the disk before the 250, which comes PAUSE seconds later. Nobody lives at an address that begins with `nobody`.
"""

import asyncio
import os
import re
import sys
from pathlib import Path

_KEY = re.compile(rb"^X-Tifo-Key: (\S+)", re.MULTILINE)


class Oracle:
    """What it took, and who is still talking to it."""

    def __init__(self, file: Path, pause: float) -> None:
        self._file, self._pause = file, pause
        self._talking = 0
        self._quiet = asyncio.Condition()

    def take(self, recipients: list[str], content: bytes) -> None:
        """Durably, before anybody hears of it."""
        key = _KEY.search(content)
        lines = "".join(f"{key[1].decode() if key else '?'}\t{recipient}\n" for recipient in recipients)
        handle = os.open(self._file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            os.write(handle, lines.encode())
            os.fdatasync(handle)
        finally:
            os.close(handle)

    async def quiet(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer when nobody talks to us any more: what a dead sender had sent is then taken, or never will be."""
        async with self._quiet:
            await self._quiet.wait_for(lambda: not self._talking)
        writer.write(b"quiet\n")
        await writer.drain()
        writer.close()

    async def plain(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A session by DATA."""
        await self._session(reader, writer, b"")

    async def chunking(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A session that may use BDAT."""
        await self._session(reader, writer, b"250-CHUNKING\r\n")

    async def _session(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, offer: bytes
    ) -> None:
        self._talking += 1
        try:
            await self._talk(reader, writer, offer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()
            async with self._quiet:
                self._talking -= 1
                self._quiet.notify_all()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, offer: bytes) -> None:
        writer.write(b"220 oracle ESMTP\r\n")
        recipients: list[str] = []
        content = b""
        while line := await reader.readline():
            words = line.split()
            verb = words[0].upper() if words else b""
            answer = b"250 2.0.0 ok\r\n"
            if verb == b"EHLO":
                answer = b"250-oracle\r\n250-PIPELINING\r\n" + offer + b"250 ENHANCEDSTATUSCODES\r\n"
            elif verb == b"RCPT" and words[1].upper().startswith(b"TO:<NOBODY"):
                answer = b"550 5.1.1 nobody lives here\r\n"
            elif verb == b"RCPT":
                recipients.append(re.sub(r"^TO:<(.*)>$", r"\1", words[1].decode(), flags=re.IGNORECASE))
            elif verb == b"DATA" and not recipients:
                answer = b"503 5.5.1 nobody to take it for\r\n"
            elif verb == b"DATA":
                writer.write(b"354 go on\r\n")
                await writer.drain()
                self.take(recipients, await reader.readuntil(b"\r\n.\r\n"))
                recipients = []
                await asyncio.sleep(self._pause)
            elif verb == b"BDAT":
                content += await reader.readexactly(int(words[1]))
                if len(words) > 2:
                    self.take(recipients, content)
                    recipients, content = [], b""
            elif verb in (b"RSET", b"MAIL"):
                recipients, content = [], b""
            elif verb == b"QUIT":
                writer.write(b"221 2.0.0 bye\r\n")
                return
            writer.write(answer)
            await writer.drain()


async def _serve(folder: Path, address: str = "127.0.0.1", pause: str = "0") -> None:
    oracle = Oracle(folder / "accepted", float(pause))
    servers = [
        await asyncio.start_server(session, address, 0, limit=1 << 22)
        for session in (oracle.plain, oracle.chunking, oracle.quiet)
    ]
    print(*(server.sockets[0].getsockname()[1] for server in servers), flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1]), *sys.argv[2:]))
