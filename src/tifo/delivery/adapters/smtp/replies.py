"""Bounded reading of what a server says: rubbish ends the session, never our memory."""

import re
from typing import NamedTuple

MAX_LINE = 8_192
MAX_REPLY = 65_536

_UNPRINTABLE = re.compile(r"[^\x20-\x7e]+")


_USUAL = {b"250 ": 250, b"354 ": 354}  # nearly all there is


class Rubbish(Exception):  # noqa: N818  it names what the server said
    """The server said something that is no reply."""


class Reply(NamedTuple):
    """A whole reply: its code, and its lines without codes."""

    code: int
    lines: tuple[bytes, ...]

    @property
    def text(self) -> str:
        """The first line for people: printable ASCII, at most 200 characters."""
        text = self.lines[0].decode("latin-1")
        if not (text.isascii() and text.isprintable()):
            text = _UNPRINTABLE.sub("?", text)
        return text[:200].strip()


class ReplyReader:
    """Feeds on bytes, gives replies."""

    __slots__ = ("_buffer", "_code", "_lines", "_size")

    def __init__(self) -> None:
        self._buffer = b""
        self._lines: list[bytes] = []
        self._code = 0
        self._size = 0

    @property
    def empty(self) -> bool:
        """Whether nothing of a further reply has come."""
        return not self._buffer and not self._lines

    def feed(self, data: bytes) -> list[Reply]:
        """The replies that are complete now; raises Rubbish."""
        data = self._buffer + data if self._buffer else data
        lines = data.split(b"\n")
        self._buffer = lines.pop()
        if len(self._buffer) > MAX_LINE:
            raise Rubbish("a line without an end")
        replies = []
        for line in lines:
            reply = self._line(line.rstrip(b"\r"))
            if reply is not None:
                replies.append(reply)
        return replies

    def _line(self, line: bytes) -> Reply | None:
        if not self._lines and line[:4] in _USUAL and len(line) < 512:
            return Reply(_USUAL[line[:4]], (line[4:],))
        head, mark = line[:3], line[3:4]
        if len(line) > MAX_LINE or not (head.isdigit() and mark in (b"", b" ", b"-")):
            raise Rubbish("a line that is no reply")
        code = int(head)
        if not 200 <= code <= 599 or (self._lines and code != self._code):
            raise Rubbish("a code that can't be")
        self._size += len(line)
        if self._size > MAX_REPLY:
            raise Rubbish("a reply without an end")
        self._code = code
        self._lines.append(line[4:])
        if mark == b"-":
            return None
        reply = Reply(code, tuple(self._lines))
        self._lines, self._size = [], 0
        return reply
