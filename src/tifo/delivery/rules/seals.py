"""What the tokens in a mail hold: ids only, sealed for one purpose each (T2)."""

import struct
from functools import lru_cache

from django.conf import settings

from tifo.kernel.public import tokens

LINK, UNSUBSCRIBE, KEY = "delivery.link", "delivery.unsubscribe", "delivery.message"

_NAMED = struct.Struct(">IQ")  # mailing, message
_NAMELESS = struct.Struct(">I")  # mailing


def link_token(mailing_id: int, message_id: int | None) -> str:
    """Seals links and pixel; without a message for fans who did not allow tracking (C9)."""
    if message_id is None:
        return _nameless(mailing_id)
    return tokens.sign(LINK, _NAMED.pack(mailing_id, message_id))


@lru_cache(maxsize=64)
def _sealed_nameless(key_id: int, secret: str, mailing_id: int) -> str:
    del key_id, secret  # they only tell the cache when the key moved on
    return tokens.sign(LINK, _NAMELESS.pack(mailing_id))


def _nameless(mailing_id: int) -> str:
    return _sealed_nameless(settings.TIFO_SECRET_KEY_ID, settings.SECRET_KEY, mailing_id)


def read_link_token(token: str) -> tuple[int, int | None] | None:
    """(mailing, message or None); None for a token that isn't ours."""
    payload = tokens.read(LINK, token)
    if payload is None:
        return None
    if len(payload) == _NAMELESS.size:
        return _NAMELESS.unpack(payload)[0], None
    if len(payload) == _NAMED.size:
        mailing, message = _NAMED.unpack(payload)
        return mailing, message
    return None


def _named(purpose: str, token: str) -> tuple[int, int] | None:
    payload = tokens.read(purpose, token)
    if payload is None or len(payload) != _NAMED.size:
        return None
    mailing, message = _NAMED.unpack(payload)
    return mailing, message


def unsubscribe_token(mailing_id: int, message_id: int) -> str:
    """Seals the way out: always names the message, it follows nobody."""
    return tokens.sign(UNSUBSCRIBE, _NAMED.pack(mailing_id, message_id))


def read_unsubscribe_token(token: str) -> tuple[int, int] | None:
    """(mailing, message); None for a token that isn't ours."""
    return _named(UNSUBSCRIBE, token)


def message_key(mailing_id: int, message_id: int) -> str:
    """The X-Tifo-Key header: the same at every try, so that a receiver can tell two tries of one message."""
    return tokens.sign(KEY, _NAMED.pack(mailing_id, message_id))


def read_message_key(key: str) -> tuple[int, int] | None:
    """(mailing, message); None for a key that isn't ours."""
    return _named(KEY, key)


def message_id_header(mailing_id: int, message_id: int, key: str, domain: str) -> str:
    """The Message-ID, the same at every try while the key lives. `key`: the message's X-Tifo-Key, whose last signs
    keep others from guessing it."""
    return f"<{mailing_id}.{message_id}.{key[-8:]}@{domain}>"
