"""TIFO_SMTP_URL: where the mail server is and how it must be spoken to."""

import ssl
from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qs, unquote, urlsplit

from tifo.kernel.public import Refused

Encryption = Literal["none", "starttls", "tls"]

_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_WORDING = (
    "write smtp://host:port, smtp+starttls://user:password@host:587 or smtps://user:password@host:465, "
    "with ?connections=8 or ?ca=/path/to/authority.pem where needed"
)


@dataclass(frozen=True)
class ServerAddress:
    """A parsed URL. `encryption` starttls and tls are musts: without them nothing is sent."""

    host: str
    port: int
    encryption: Encryption
    user: str
    password: str
    connections: int
    authority: str

    def ssl_context(self) -> ssl.SSLContext:
        """Verifies the server's certificate and name; `authority` replaces the system's trust."""
        return ssl.create_default_context(cafile=self.authority or None)


def server_address(url: str) -> ServerAddress:
    """Read a URL; raises Refused with the mend."""
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme, 0)
        options = parse_qs(parts.query, strict_parsing=bool(parts.query))
    except ValueError as error:
        raise Refused(f"TIFO_SMTP_URL can't be read ({error}): {_WORDING}.") from None
    if parts.scheme not in _PORTS or not parts.hostname:
        raise Refused(f"TIFO_SMTP_URL names no mail server: {_WORDING}.")
    unknown = set(options) - {"connections", "ca", "starttls"}
    if unknown:
        raise Refused(f"TIFO_SMTP_URL has an unknown option {sorted(unknown)[0]!r}: {_WORDING}.")
    encryption: Encryption = {"smtps": "tls", "smtp+starttls": "starttls"}.get(parts.scheme, "none")  # type: ignore[assignment]
    if options.get("starttls") == ["required"] and encryption == "none":
        encryption = "starttls"
    connections = options.get("connections", ["8"])[0]
    if not connections.isdigit() or not 1 <= int(connections) <= 200:
        raise Refused("TIFO_SMTP_URL: connections must be a number from 1 to 200.")
    if parts.username and encryption == "none" and parts.hostname not in _LOOPBACK:
        raise Refused(
            "TIFO_SMTP_URL would send the password in the clear: write smtp+starttls:// or smtps:// instead."
        )
    return ServerAddress(
        host=parts.hostname,
        port=port,
        encryption=encryption,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        connections=int(connections),
        authority=options.get("ca", [""])[0],
    )
