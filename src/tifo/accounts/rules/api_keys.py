"""What an API key looks like: `tifo_<prefix>_<secret>`; the prefix finds the row, the hash proves the whole."""

import hashlib
import re
import secrets
from dataclasses import dataclass

_SHAPE = re.compile(r"tifo_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")


@dataclass(frozen=True)
class FreshKey:
    """A new key: `text` is shown once, `hash` is kept. 256 random bits need no slow hash."""

    text: str
    prefix: str
    hash: bytes


def fresh_key() -> FreshKey:
    """Make one."""
    prefix = secrets.token_hex(6)
    text = f"tifo_{prefix}_{secrets.token_urlsafe(32)}"
    return FreshKey(text, prefix, key_hash(text))


def key_hash(text: str) -> bytes:
    """32 bytes."""
    return hashlib.sha256(text.encode()).digest()


def prefix_of(text: str) -> str | None:
    """The prefix of something that has the shape of a key."""
    match = _SHAPE.fullmatch(text)
    return match[1] if match else None
