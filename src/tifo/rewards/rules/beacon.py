"""drand's public beacon: which round comes when, and whether a round is signed by the chain's key."""

import hashlib
import struct
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

from tifo.kernel.public import Refused
from tifo.kernel.public import sentence as _

TAG = b"BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_"
SIGNATURE = 48  # bytes
FARTHEST = 2**53 - 1


@dataclass(frozen=True)
class Chain:
    """A chain is nothing but its constants."""

    hash: str
    public_key: str
    period: int
    genesis: int

    def time_of(self, number: int) -> datetime:
        """When a round appears."""
        return datetime.fromtimestamp(self.genesis + (number - 1) * self.period, UTC)

    def first_round_from(self, at: datetime) -> int:
        """The first round that does not appear before this moment."""
        waited = at - datetime.fromtimestamp(self.genesis, UTC)
        seconds = waited.days * 86_400 + waited.seconds + bool(waited.microseconds)
        return max(1, -(-seconds // self.period) + 1)


QUICKNET = Chain(
    hash="52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971",
    public_key="83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d106451"
    "0d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a",
    period=3,
    genesis=1_692_803_367,
)


def randomness(chain: Chain, number: int, signature: str) -> bytes:
    """What a round gives; Refused unless it is signed by the chain."""
    try:
        signed = bytes.fromhex(signature)
    except ValueError:
        signed = b""
    if len(signed) != SIGNATURE or not _holds(chain, number, signed):
        raise Refused(_("this is not the beacon's signature of round %(number)s", number=number))
    return hashlib.sha256(signed).digest()


def _holds(chain: Chain, number: int, signature: bytes) -> bool:
    limit = sys.getrecursionlimit()  # py-ecc raises it to where hostile JSON could end this process
    try:
        hashing: Any = import_module("py_ecc.bls.hash_to_curve")
        compression: Any = import_module("py_ecc.bls.point_compression")
        curve: Any = import_module("py_ecc.optimized_bls12_381")
    finally:
        sys.setrecursionlimit(limit)
    key = bytes.fromhex(chain.public_key)
    try:
        point = compression.decompress_G1(int.from_bytes(signature, "big"))
        public = compression.decompress_G2((int.from_bytes(key[:48], "big"), int.from_bytes(key[48:], "big")))
    except ValueError:
        return False
    if curve.is_inf(point) or not curve.is_inf(curve.multiply(point, curve.curve_order)):
        return False
    message = hashlib.sha256(struct.pack(">Q", number)).digest()
    hashed = hashing.hash_to_G1(message, TAG, hashlib.sha256)
    return bool(curve.pairing(curve.G2, point) == curve.pairing(public, hashed))
