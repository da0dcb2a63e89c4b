"""What the tokens in a mail hold: ids only, sealed for one purpose each (T2)."""

import re
import struct
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterator
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


# -- what comes back names its message by one of these ------------------------------------------------------

_CUT = 32  # signs of a key: key id, mailing, message and 11 bytes of its MAC
_CUT_MAC = 11
PATH_SIGNS = 48  # of those in hexadecimal; a local part holds 64
_PATH = re.compile(rb"(?<![0-9A-Za-z])([0-9A-Fa-f]{48})(?=@)")
_KEY_LINE = re.compile(rb"(?i)X-Tifo-Key:[ \t]*([A-Za-z0-9_-]{39})(?![A-Za-z0-9_-])")
_MESSAGE_ID = re.compile(r"<?(\d{1,10})\.(\d{1,19})\.([A-Za-z0-9_-]{8})@")
_TRIED = 50  # seals looked at in one mail


def return_paths(sender: str) -> Callable[[str], str]:
    """How to write an envelope's sender from a message's key: TIFO_RETURN_PATH with the key, cut and in hexadecimal
    (servers on the way may change capitals), for its *; `sender` itself where nothing is to come back."""
    before, star, after = settings.TIFO_RETURN_PATH.partition("*")
    if not star:
        return lambda key: sender  # noqa: ARG005
    return lambda key: before + urlsafe_b64decode(key[:_CUT]).hex() + after


def read_return_path(token: bytes) -> tuple[int, int] | None:
    """(mailing, message) of what stood for the * of a return path."""
    try:
        payload = tokens.read_cut(KEY, bytes.fromhex(token.decode("ascii")), _CUT_MAC)
    except ValueError:
        return None
    if payload is None or len(payload) != _NAMED.size:
        return None
    mailing, message = _NAMED.unpack(payload)
    return mailing, message


def named_in(*texts: bytes) -> tuple[int, int] | None:
    """The first message that a return path or a key in these texts names under a seal of ours. Where it stands does
    not matter: nobody can have it but who got the message, or somebody on its way."""
    for _, named in zip(range(_TRIED), _seals_in(texts), strict=False):
        if named is not None:
            return named
    return None


def _seals_in(texts: tuple[bytes, ...]) -> Iterator[tuple[int, int] | None]:
    for text in texts:
        for found in _PATH.finditer(text):
            yield read_return_path(found[1])
        for found in _KEY_LINE.finditer(text):
            yield read_message_key(found[1].decode("ascii"))


def read_message_id(said: str) -> tuple[int, int] | None:
    """(mailing, message) of a Message-ID of ours whose last signs are those of the message's key, under any key of
    the ring. Only 48 bits: for reports that are vouched for otherwise, as a mail service's signed ones."""
    found = _MESSAGE_ID.match(said.strip())
    if found is None:
        return None
    mailing, message = int(found[1]), int(found[2])
    try:
        payload = _NAMED.pack(mailing, message)
    except struct.error:
        return None
    return (mailing, message) if tokens.ends_with(KEY, payload, found[3]) else None
