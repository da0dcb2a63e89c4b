"""How an entry is sealed.

hash = SHA-256 of ten lines joined by a line feed: the hash of the entry before it (64 hexadecimal digits; zeros for the
first), version, fan, purpose, act, moment and time of recording in microseconds since 1970, source, notice (or
nothing), and the hash of the proof (or nothing). The proof itself stays outside, salted, so that it can be blanked
when its owner is erased while the chain still verifies and nobody can guess what it said.
"""

import hashlib
import json
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

ORIGIN = bytes(32)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# The same in DuckDB, over columns of these names; `before` and `proof_hash` are blobs.
CHAIN_SQL = """unhex(sha256(concat_ws(chr(10), lower(hex(before)), version::VARCHAR, fan_id::VARCHAR, purpose, act,
    epoch_us(moment)::VARCHAR, epoch_us(recorded_at)::VARCHAR, source, coalesce(notice_id::VARCHAR, ''),
    coalesce(lower(hex(proof_hash)), ''))))"""


def microseconds(moment: datetime) -> int:
    """Since 1970, exactly."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def entry_hash(
    before: bytes,
    *,
    version: int,
    fan_id: int,
    purpose: str,
    act: str,
    moment: datetime,
    recorded_at: datetime,
    source: str,
    notice_id: int | None,
    proof_hash: bytes | None,
) -> bytes:
    """The seal of an entry after the one whose seal is `before`."""
    lines = (
        before.hex(),
        str(version),
        str(fan_id),
        purpose,
        act,
        str(microseconds(moment)),
        str(microseconds(recorded_at)),
        source,
        "" if notice_id is None else str(notice_id),
        "" if proof_hash is None else proof_hash.hex(),
    )
    return hashlib.sha256("\n".join(lines).encode()).digest()


def sealed_proof(proof: Mapping[str, object]) -> tuple[str, bytes | None]:
    """The text to store and its hash; nothing of both for an empty proof."""
    if not proof:
        return "", None
    text = json.dumps(
        {**proof, "salt": secrets.token_hex(16)}, ensure_ascii=False, sort_keys=True, default=str
    )
    return text, hashlib.sha256(text.encode()).digest()


def opened_proof(text: str) -> dict[str, object]:
    """The proof as it was given."""
    if not text:
        return {}
    proof: dict[str, object] = json.loads(text)
    proof.pop("salt", None)
    return proof
