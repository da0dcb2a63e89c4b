"""The beginning of a connection: greeting, STARTTLS, AUTH. What was said in the clear counts for nothing."""

import base64
import socket
from typing import Protocol

from tifo.delivery.adapters.smtp.address import ServerAddress
from tifo.delivery.adapters.smtp.replies import Reply
from tifo.delivery.adapters.smtp.terms import NoService

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class Line(Protocol):
    """What a greeting needs of a connection."""

    async def reply(self) -> Reply:
        """The next reply."""

    async def ask(self, line: str) -> Reply:
        """Write a line and wait for its reply."""

    async def encrypt(self) -> None:
        """Go on in TLS."""


async def greet(line: Line, server: ServerAddress) -> frozenset[str]:
    """Greet, encrypt and sign in as the settings demand: the words that the server knows; raises NoService."""
    _expect(await line.reply(), 220, "greeting")
    features, mechanisms = await _hello(line, server)
    if server.encryption == "starttls":
        if "STARTTLS" not in features:
            raise NoService("the server offers no STARTTLS, and the settings demand it: nothing was sent")
        _expect(await line.ask("STARTTLS"), 220, "STARTTLS")
        await line.encrypt()
        features, mechanisms = await _hello(line, server)
    if server.user:
        await _sign_in(line, server, mechanisms)
    return features


def _expect(reply: Reply, code: int, stage: str) -> None:
    if reply.code != code:
        raise NoService(f"{stage}: {reply.code} {reply.text}")


async def _hello(line: Line, server: ServerAddress) -> tuple[frozenset[str], frozenset[str]]:
    """What the server can do, and how one may sign in."""
    name = "localhost" if server.host in _LOOPBACK else socket.getfqdn()
    reply = await line.ask(f"EHLO {name if name.isascii() else 'localhost'}")
    if reply.code in (500, 502, 504):
        _expect(await line.ask("HELO localhost"), 250, "HELO")
        return frozenset(), frozenset()
    _expect(reply, 250, "EHLO")
    words = [said.decode("latin-1").upper().split() for said in reply.lines[1:]]
    mechanisms = frozenset(word for said in words if said and said[0] == "AUTH" for word in said[1:])
    return frozenset(said[0] for said in words if said), mechanisms


async def _sign_in(line: Line, server: ServerAddress, mechanisms: frozenset[str]) -> None:
    user, password = server.user, server.password
    if "PLAIN" in mechanisms:
        secret = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
        reply = await line.ask(f"AUTH PLAIN {secret}")
    elif "LOGIN" in mechanisms:
        reply = await line.ask("AUTH LOGIN")
        for part in (user, password):
            _expect(reply, 334, "AUTH")
            reply = await line.ask(base64.b64encode(part.encode()).decode())
    else:
        raise NoService("the server offers neither AUTH PLAIN nor LOGIN, and the settings name a user")
    _expect(reply, 235, "AUTH")
