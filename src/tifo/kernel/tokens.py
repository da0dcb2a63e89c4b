"""Sealed tokens: they say what they are for and which key sealed them, and nobody else can make one."""

import base64
import hashlib
import hmac
from functools import cache, lru_cache

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.dispatch import receiver

MAC_BYTES = 16  # 128 bits: nobody guesses one
SHORTEST_MAC = 10
_BLOCK = 64  # bytes, of SHA-256


@lru_cache(maxsize=8)
def _ring(current_id: int, current: str, retired: str) -> dict[int, bytes]:
    ring = {}
    for entry in filter(None, (part.strip() for part in retired.split(","))):
        number, _, secret = entry.partition(":")
        if not (number.isdigit() and 0 < int(number) < 256 and secret):
            raise ImproperlyConfigured(
                "TIFO_RETIRED_KEYS must read id:secret,id:secret with ids from 1 to 255"
            )
        ring[int(number)] = secret.encode()
    if not 0 < current_id < 256 or ring.get(current_id, current.encode()) != current.encode():
        raise ImproperlyConfigured("TIFO_SECRET_KEY_ID must be 1 to 255 and not the id of a retired key")
    ring[current_id] = current.encode()
    return ring


@cache
def _keys() -> tuple[int, dict[int, bytes]]:
    """The current key's id and all keys; read once, for a message needs five seals."""
    current = settings.TIFO_SECRET_KEY_ID
    return current, _ring(current, settings.SECRET_KEY, settings.TIFO_RETIRED_KEYS)


@receiver(setting_changed)
def _forget_keys(**_changed: object) -> None:
    _keys.cache_clear()


@lru_cache(maxsize=256)
def _derived(secret: bytes, purpose: str) -> bytes:
    return hmac.digest(secret, b"tifo:" + purpose.encode(), hashlib.sha256)


@lru_cache(maxsize=512)
def _begun(key: bytes) -> "tuple[hashlib._Hash, hashlib._Hash]":
    """The inner and outer hash of an HMAC with this key, ready to be copied."""
    if len(key) > _BLOCK:
        key = hashlib.sha256(key).digest()
    block = key.ljust(_BLOCK, b"\0")
    return hashlib.sha256(bytes(byte ^ 0x36 for byte in block)), hashlib.sha256(
        bytes(byte ^ 0x5C for byte in block)
    )


def _mac(key: bytes, data: bytes) -> bytes:
    """HMAC-SHA-256, cut. `hmac.digest` gives the same, but lets go of the interpreter's lock at every call, which
    costs ten times as much where another thread waits for it, and a message needs five of them."""
    begun, ending = _begun(key)
    inner, outer = begun.copy(), ending.copy()
    inner.update(data)
    outer.update(inner.digest())
    return outer.digest()[:MAC_BYTES]


def sign(purpose: str, payload: bytes) -> str:
    """Seal `payload` for `purpose` with the current key; the token fits in a URL."""
    key_id, keys = _keys()
    head = bytes((key_id,)) + payload
    mac = _mac(_derived(keys[key_id], purpose), head)
    return base64.urlsafe_b64encode(head + mac).rstrip(b"=").decode()


def read(purpose: str, token: str) -> bytes | None:
    """The payload of a token that we sealed for `purpose`, under any key still held; None for anything else."""
    if len(token) > 2048:
        return None
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except ValueError:
        return None
    if len(raw) <= MAC_BYTES or base64.urlsafe_b64encode(raw).rstrip(b"=").decode() != token:
        return None  # a second spelling of the same bytes is not our token
    head, mac = raw[:-MAC_BYTES], raw[-MAC_BYTES:]
    secret = _keys()[1].get(head[0])
    if secret is None:
        return None
    expected = _mac(_derived(secret, purpose), head)
    return head[1:] if hmac.compare_digest(mac, expected) else None


def ends_with(purpose: str, payload: bytes, signs: str) -> bool:
    """Whether these are the last signs of a token for `payload`, sealed under any key still held."""
    found = False
    for key_id, secret in _keys()[1].items():
        head = bytes((key_id,)) + payload
        token = base64.urlsafe_b64encode(head + _mac(_derived(secret, purpose), head)).rstrip(b"=").decode()
        found |= hmac.compare_digest(token[-len(signs) :].encode(), signs.encode())
    return found and bool(signs)


def read_cut(purpose: str, raw: bytes, mac_bytes: int) -> bytes | None:
    """The payload of a token whose seal was cut to its first `mac_bytes` to fit a narrow place; None for any other.
    Not under 10 bytes: 80 bits, each guess a mail or a request."""
    if mac_bytes < SHORTEST_MAC or len(raw) <= mac_bytes + 1:
        return None
    head, mac = raw[:-mac_bytes], raw[-mac_bytes:]
    secret = _keys()[1].get(head[0])
    if secret is None:
        return None
    expected = _mac(_derived(secret, purpose), head)[:mac_bytes]
    return head[1:] if hmac.compare_digest(mac, expected) else None


def keyed_hash(purpose: str, data: bytes) -> bytes:
    """16 bytes that stand for `data` and can't be reversed without the key.

    Under the oldest key of the ring, so that it stays the same when keys change: keep that key as a retired one.
    """
    _current, keys = _keys()
    return _mac(_derived(keys[min(keys)], "hash:" + purpose), data)
