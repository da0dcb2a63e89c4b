"""A bare ASGI app: what the server itself can do."""

from typing import Any

BODY = b"x" * 43
HEADERS = [(b"content-type", b"image/gif"), (b"content-length", b"43")]


async def app(scope: Any, _receive: Any, send: Any) -> None:
    """A picture of one point to everybody."""
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        await send({"type": "http.response.body", "body": BODY})
