"""What a connection does to bytes and sockets."""

import socket


def stuffed(content: bytes) -> bytes:
    """A dot more where a line begins with one (RFC 5321, 4.5.2)."""
    if content.startswith(b"."):
        content = b"." + content
    return content.replace(b"\r\n.", b"\r\n..")


def notice_silence(raw: socket.socket) -> None:
    """A server that was cut off is noticed within half a minute, not at the end of our patience with a slow one."""
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in (
        ("TCP_KEEPIDLE", 10),
        ("TCP_KEEPINTVL", 5),
        ("TCP_KEEPCNT", 3),
        ("TCP_USER_TIMEOUT", 20_000),
    ):
        if (name := getattr(socket, option, None)) is not None:  # not every system has each
            raw.setsockopt(socket.IPPROTO_TCP, name, value)
