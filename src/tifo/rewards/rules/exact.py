"""The draw, exactly: hashes, tree, tickets and log as docs/reference/draw.md has them. Pure, and deaf to clock and chance."""

import hashlib
import hmac
import json
import struct
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

SIZE = 32
NOTHING = "0" * 64
"""What stands before the first entry of the log."""


def sha(*parts: bytes) -> bytes:
    """H of the joined parts."""
    return hashlib.sha256(b"".join(parts)).digest()


def canonical(value: object) -> bytes:
    """C(value): the one way to write it."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def hash_of(value: object) -> str:
    """H(C(value)) in hexadecimal."""
    return sha(canonical(value)).hex()


def instant(at: datetime) -> str:
    """A moment as the format writes it, in UTC to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def commitment(salt: bytes, holder: str) -> str:
    """What stands for an entry in public; only salt and holder together open it."""
    return sha(b"tifo-draw/1 entry\x00", salt, holder.encode()).hex()


def leaf_text(rules_hash: str, committed: str, stratum: str, weight: int, facts: Sequence[int]) -> str:
    """What a leaf is the hash of."""
    return f"{rules_hash}|{committed}|{stratum}|{weight}|{','.join(map(str, facts))}"


def leaf(rules_hash: str, committed: str, stratum: str, weight: int, facts: Sequence[int]) -> bytes:
    """An entry's leaf."""
    return sha(b"\x00", leaf_text(rules_hash, committed, stratum, weight, facts).encode())


def levels(leaves: bytes) -> list[bytes]:
    """The tree over sorted leaves of 32 bytes each, from the leaves up to the root; a level is one text of bytes."""
    found = [leaves]
    while len(leaves) > SIZE:
        leaves = _above(leaves)
        found.append(leaves)
    return found


def _above(level: bytes) -> bytes:
    """Neighbours joined in pairs; a last odd one goes up unchanged."""
    view, whole = memoryview(level), len(level) - len(level) % (2 * SIZE)
    new = hashlib.sha256
    pairs = (new(b"\x01" + view[at : at + 2 * SIZE]).digest() for at in range(0, whole, 2 * SIZE))
    return b"".join(pairs) + level[whole:]


def siblings(index: int, entries: int) -> list[tuple[int, int]]:
    """(level, place) of each node that a path to this leaf names, from the bottom up."""
    found, level = [], 0
    while entries > 1:
        if index % 2:
            found.append((level, index - 1))
        elif index + 1 < entries:
            found.append((level, index + 1))
        index, entries, level = index // 2, (entries + 1) // 2, level + 1
    return found


def seed(rules_hash: str, root: str, randomness: bytes) -> bytes:
    """What orders everything."""
    return sha(b"tifo-draw/1 seed\x00", bytes.fromhex(rules_hash), bytes.fromhex(root), randomness)


def score(key: bytes, one: bytes, weight: int) -> bytes:
    """The least of an entry's tickets."""
    return min(hmac.digest(key, one + struct.pack(">I", ticket), "sha256") for ticket in range(weight))


def revealed(secrets: Sequence[bytes]) -> bytes:
    """The randomness of all parties' secrets, in the order of the rules."""
    return sha(b"tifo-draw/1 reveal\x00", *secrets)


def log_entry(
    number: int, at: datetime, kind: str, offer: str, body: Mapping[str, Any], previous: str
) -> dict[str, Any]:
    """An entry of the public log with its hash."""
    entry: dict[str, Any] = {
        "number": number,
        "at": instant(at),
        "kind": kind,
        "offer": offer,
        "body": dict(body),
        "previous": previous,
    }
    return entry | {"hash": hash_of(entry)}
