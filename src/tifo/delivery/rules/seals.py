"""What the tokens in a mail hold: ids only, sealed for one purpose each (T2)."""

import struct

from tifo.kernel.public import tokens

LINK, UNSUBSCRIBE, KEY = "delivery.link", "delivery.unsubscribe", "delivery.message"

_NAMED = struct.Struct(">IQ")  # mailing, message
_NAMELESS = struct.Struct(">I")  # mailing


def link_token(mailing_id: int, message_id: int | None) -> str:
    """Seals links and pixel; without a message for fans who did not allow tracking (C9)."""
    payload = _NAMELESS.pack(mailing_id) if message_id is None else _NAMED.pack(mailing_id, message_id)
    return tokens.sign(LINK, payload)


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


def message_id_header(mailing_id: int, message_id: int, domain: str) -> str:
    """The Message-ID, the same at every try."""
    mark = tokens.keyed_hash("delivery.message-id", _NAMED.pack(mailing_id, message_id))[:6].hex()
    return f"<{mailing_id}.{message_id}.{mark}@{domain}>"
