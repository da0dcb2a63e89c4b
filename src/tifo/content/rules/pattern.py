"""Byte fragments and the places between them: what many messages share, cut at what is personal."""

from operator import itemgetter

from tifo.content.rules.quoted import SOFT, quoted, wire_safe
from tifo.content.rules.tags import MARK


class Pattern:
    """A text encoded once and cut at its marks; joining it with values gives the bytes of one message.

    Each value is bytes that stand between two soft line breaks (`quoted.value_bytes`), in the place of the mark
    with the same number.
    """

    __slots__ = ("_chunks", "_fragments", "_pick", "wire_safe")

    def __init__(self, text: str, *, head: bytes = b"") -> None:
        """`text` holds marks; `head` are raw bytes before it."""
        chunks: list[bytes | int] = [head]
        pieces = MARK.split(text)  # literal, number, literal, number, … literal
        for position, piece in enumerate(pieces):
            if position % 2:
                chunks.append(int(piece))
                continue
            encoded = quoted(piece)
            if position:
                encoded = SOFT + encoded
            if position < len(pieces) - 1 and encoded and not encoded.endswith(b"\n"):
                encoded += SOFT
            chunks.append(encoded)
        self._set(chunks)

    @classmethod
    def chained(cls, *parts: "Pattern | bytes") -> "Pattern":
        """Patterns and raw bytes one after the other, with the same values."""
        chained = cls("")
        chunks: list[bytes | int] = []
        for part in parts:
            chunks.extend([part] if isinstance(part, bytes) else part._chunks)
        chained._set(chunks)
        return chained

    def _set(self, chunks: list[bytes | int]) -> None:
        fragments: list[bytes] = [b""]
        order: list[int] = []  # fragments count from 0; values follow after the last of them
        run: list[bytes] = []
        for chunk in [*chunks, -1]:
            if isinstance(chunk, bytes):
                run.append(chunk)
                continue
            order.append(len(fragments))
            fragments.append(b"".join(run))
            run = []
            if chunk >= 0:
                order.append(-1 - chunk)
        count = len(fragments)
        self._chunks, self._fragments = chunks, fragments
        self.wire_safe = all(map(wire_safe, fragments))
        places = [count - 1 - index if index < 0 else index for index in order]
        self._pick = itemgetter(0, *places)  # two or more, so that it always gives a tuple

    def join(self, values: list[bytes]) -> bytes:
        """The bytes with `values` in their places."""
        return b"".join(self._pick(self._fragments + values))
