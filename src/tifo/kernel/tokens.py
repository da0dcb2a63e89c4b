"""Sealed tokens: they say what they are for and which key sealed them, and nobody else can make one."""

import base64
import hashlib
import hmac
from functools import lru_cache

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

MAC_BYTES = 16  # 128 bits: nobody guesses one


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


def _keys() -> dict[int, bytes]:
    return _ring(settings.TIFO_SECRET_KEY_ID, settings.SECRET_KEY, settings.TIFO_RETIRED_KEYS)


@lru_cache(maxsize=256)
def _derived(secret: bytes, purpose: str) -> bytes:
    return hmac.digest(secret, b"tifo:" + purpose.encode(), hashlib.sha256)


def sign(purpose: str, payload: bytes) -> str:
    """Seal `payload` for `purpose` with the current key; the token fits in a URL."""
    key_id = settings.TIFO_SECRET_KEY_ID
    head = bytes((key_id,)) + payload
    mac = hmac.digest(_derived(_keys()[key_id], purpose), head, "sha256")[:MAC_BYTES]
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
    secret = _keys().get(head[0])
    if secret is None:
        return None
    expected = hmac.digest(_derived(secret, purpose), head, "sha256")[:MAC_BYTES]
    return head[1:] if hmac.compare_digest(mac, expected) else None


def keyed_hash(purpose: str, data: bytes) -> bytes:
    """16 bytes that stand for `data` and can't be reversed without the key.

    Under the oldest key of the ring, so that it stays the same when keys change: keep that key as a retired one.
    """
    keys = _keys()
    return hmac.digest(_derived(keys[min(keys)], "hash:" + purpose), data, "sha256")[:MAC_BYTES]
