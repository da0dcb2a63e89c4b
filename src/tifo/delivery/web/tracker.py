"""The tracker: links, the invisible picture and the way out, as a bare ASGI app.

    GET  /c/<token>/<index>   302 to the address that the mailing registered under this number
    GET  /o/<token>.gif       a picture of one point
    GET  /u/<token>           a page with one button; changes nothing (T7)
    POST /u/<token>           withdraws: durable before the answer (RFC 8058, C7)

No database and no Django request on the way: settings are read once, links come from files, hits and withdrawals go to
files. A forged or cut token gets the same neutral answer everywhere and leaves nothing (T2).
"""

import asyncio
import ipaddress
import json
import os
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, MutableMapping
from functools import lru_cache
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import django
from django.apps import apps

if not apps.ready:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tifo.server.settings")
    django.setup()

from django.conf import settings

from tifo.delivery.rules import seals
from tifo.delivery.web.journal import HitJournal, Spool
from tifo.delivery.web.pages import language_of, page
from tifo.kernel.public import data_path

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

GIF = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,"
    b"\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
)
MAX_BODY = 16_384
BODY_SECONDS = 10.0
LINKS_FRESH = 5.0  # seconds until a link file is looked at again
MAX_MAILINGS = 2_000
REMEMBERED = 20_000  # withdrawals known to be durable, so that a flood of one token costs nothing

_encode = json.JSONEncoder(separators=(",", ":")).encode
_COMMON = [
    (b"cache-control", b"no-store, max-age=0"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-robots-tag", b"noindex"),
]
_HTML = [
    (b"content-type", b"text/html; charset=utf-8"),
    (
        b"content-security-policy",
        b"default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    ),
    (b"vary", b"accept-language"),
    *_COMMON,
]


class _Links:
    """Registered addresses by mailing, from the files that delivery writes."""

    def __init__(self) -> None:
        self._known: OrderedDict[int, tuple[float, int, dict[str, str]]] = OrderedDict()

    def url(self, mailing_id: int, index: str) -> str | None:
        """Where the link leads; None for one that was never registered."""
        now = time.monotonic()
        looked, stamp, urls = self._known.get(mailing_id, (-1e9, 0, {}))
        if now - looked > LINKS_FRESH or (index not in urls and now - looked > 1):
            stamp, urls = self._load(mailing_id, stamp, urls)
            self._known[mailing_id] = (now, stamp, urls)
            if len(self._known) > MAX_MAILINGS:
                self._known.popitem(last=False)
        self._known.move_to_end(mailing_id)
        return urls.get(index)

    def _load(self, mailing_id: int, stamp: int, urls: dict[str, str]) -> tuple[int, dict[str, str]]:
        path = data_path("links", f"{mailing_id}.json")
        try:
            current = path.stat().st_mtime_ns
            if current != stamp:
                urls = json.loads(path.read_bytes())
        except (OSError, ValueError):
            return stamp, urls  # what is known stays known
        return current, urls


def _network(scope: Scope, headers: dict[bytes, bytes]) -> str:
    """The client's network, never her address: /24 of IPv4, /48 of IPv6. Behind a proxy of ours on the same machine
    or net, the last address that the proxy wrote counts."""
    client = scope.get("client")
    return _network_of(str(client[0]) if client else "", headers.get(b"x-forwarded-for", b"")[-100:])


@lru_cache(maxsize=20_000)
def _network_of(client: str, forwarded: bytes) -> str:
    try:
        address = ipaddress.ip_address(client)
        if forwarded and (address.is_loopback or address.is_private):
            address = ipaddress.ip_address(forwarded.decode("latin-1").rsplit(",", 1)[-1].strip())
    except ValueError:
        return ""
    prefix = 24 if address.version == 4 else 48
    return str(ipaddress.ip_network((address, prefix), strict=False).network_address)


class Tracker:
    """The app; its files are opened with the first request that needs them."""

    def __init__(self) -> None:
        self._links = _Links()
        self._hits: HitJournal | None = None
        self._spool: Spool | None = None
        self._withdrawn: OrderedDict[tuple[int, int], None] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI's entry."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                await self.close()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def close(self) -> None:
        """Write what waits."""
        if self._hits is not None:
            await self._hits.close()
            self._hits = None

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        method, path = scope["method"], scope["path"]
        headers = dict(scope["headers"])
        way, _, rest = path.lstrip("/").partition("/")
        if method in ("GET", "HEAD") and way == "c":
            status, head, body = self._click(scope, headers, rest)
        elif method in ("GET", "HEAD") and way == "o":
            status, head, body = self._open(scope, headers, rest)
        elif way == "u" and method in ("GET", "HEAD"):
            status, head, body = self._ask(headers, rest)
        elif way == "u" and method == "POST":
            status, head, body = await self._withdraw(headers, rest, receive)
        elif way == "alive" and not rest:
            status, head, body = 200, [(b"content-type", b"text/plain"), *_COMMON], b"alive\n"
        elif way in ("c", "o", "u"):
            allowed = b"GET, HEAD, POST" if way == "u" else b"GET, HEAD"
            status, head, body = 405, [(b"allow", allowed), *_COMMON], b""
        else:
            status, head, body = self._page(404, "lost", headers)
        length = (b"content-length", str(len(body)).encode())
        await send({"type": "http.response.start", "status": status, "headers": [*head, length]})
        await send({"type": "http.response.body", "body": b"" if method == "HEAD" else body})

    def _page(
        self, status: int, kind: str, headers: dict[bytes, bytes], preferences: str = ""
    ) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        language = language_of(headers.get(b"accept-language", b"").decode("latin-1"))
        body = page(
            kind,
            language,
            event=settings.TIFO_EVENT_NAME,
            accent=settings.TIFO_ACCENT,
            preferences=preferences,
        )
        return status, [(b"content-language", language.encode()), *_HTML], body

    # -- hits ----------------------------------------------------------------------------------------------

    def _hit(
        self,
        kind: str,
        scope: Scope,
        headers: dict[bytes, bytes],
        mailing: int,
        message: int | None,
        link: int,
    ) -> None:
        if self._hits is None:
            self._hits = HitJournal(data_path("hits"))
        self._hits.add(
            _encode(
                {
                    "t": time.time_ns() // 1_000_000,
                    "k": kind,
                    "m": mailing,
                    "i": message,
                    "l": link,
                    "h": scope["method"] == "HEAD",
                    "a": headers.get(b"user-agent", b"")[:300].decode("latin-1"),
                    "n": _network(scope, headers),
                },
            ).encode("ascii")
        )

    def _click(
        self, scope: Scope, headers: dict[bytes, bytes], rest: str
    ) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        token, _, index = rest.partition("/")
        named = seals.read_link_token(token)
        if named is None or not (index.isascii() and index.isdigit() and len(index) < 7):
            return self._page(404, "lost", headers)
        url = self._links.url(named[0], index)
        if url is None:
            return self._page(404, "lost", headers)
        self._hit("c", scope, headers, named[0], named[1], int(index))
        return 302, [(b"location", _location(url)), *_COMMON], b""

    def _open(
        self, scope: Scope, headers: dict[bytes, bytes], rest: str
    ) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        named = seals.read_link_token(rest[:-4]) if rest.endswith(".gif") else None
        if named is not None:
            self._hit("o", scope, headers, named[0], named[1], -1)
        return 200, [(b"content-type", b"image/gif"), *_COMMON], GIF

    # -- the way out ---------------------------------------------------------------------------------------

    def _ask(self, headers: dict[bytes, bytes], token: str) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        if seals.read_unsubscribe_token(token) is None:
            return self._page(404, "lost", headers)
        return self._page(200, "ask", headers, _preferences(token))

    async def _withdraw(
        self, headers: dict[bytes, bytes], token: str, receive: Receive
    ) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        if not await _read_away(receive):
            return 413, list(_COMMON), b""
        named = seals.read_unsubscribe_token(token)
        if named is None:
            return self._page(404, "lost", headers)
        if named not in self._withdrawn:
            if self._spool is None:
                self._spool = Spool(data_path("spool"))
            try:
                await self._spool.put({"m": named[0], "i": named[1], "t": time.time_ns() // 1_000_000})
            except OSError:
                status, head, body = self._page(503, "busy", headers)
                return status, [(b"retry-after", b"60"), *head], body
            self._withdrawn[named] = None
            if len(self._withdrawn) > REMEMBERED:
                self._withdrawn.popitem(last=False)
        return self._page(200, "done", headers, _preferences(token))


def _preferences(token: str) -> str:
    return f"{settings.TIFO_PUBLIC_URL}/preferences/?t={token}"


def _location(url: str) -> bytes:
    """ASCII only, as a header must be: the host by IDNA, the rest percent-encoded."""
    if url.isascii():
        return url.encode("ascii")
    parts = urlsplit(url)
    host = parts.netloc.encode("idna") if not parts.netloc.isascii() else parts.netloc.encode()
    keep = "/:?#[]@!$&'()*+,;=%~"
    return urlunsplit(
        (
            parts.scheme,
            host.decode(),
            *(quote(part, safe=keep) for part in (parts.path, parts.query, parts.fragment)),
        )
    ).encode("ascii")


async def _read_away(receive: Receive) -> bool:
    """Read the body and forget it: any POST here means one thing. False when it is too big or too slow."""
    seen = 0
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while True:
                message = await receive()
                if message["type"] != "http.request":
                    return False
                seen += len(message.get("body", b""))
                if seen > MAX_BODY:
                    return False
                if not message.get("more_body"):
                    return True
    except TimeoutError:
        return False


app = Tracker()
