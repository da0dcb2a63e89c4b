"""An activity as a tracker's service tells it, signed as Standard Webhooks says (standardwebhooks.com).

The signature is `v1,` and the base64 of an HMAC-SHA-256 with the service's secret over `id.seconds.body`.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tifo.quests.rules.kinds import SPORTS
from tifo.quests.rules.tracks import TOLD, Track

FRESH = 300  # seconds that a signature holds
LONGEST = 200
DAYS = 8 * 86_400
FARTHEST = 2_000_000  # metres


class ForgedError(Exception):
    """Nobody whom we know vouches for it."""


class UnreadableError(Exception):
    """It says nothing that we can count; the text names what is wrong."""


@dataclass(frozen=True, slots=True)
class Told:
    """Who did it (the code that she gave the service), for which quest, and what."""

    code: str
    quest: str
    sport: str
    track: Track


def secret_of(text: str) -> bytes:
    """The bytes of a secret written `whsec_…`; ValueError where it is none, or shorter than 24 bytes."""
    secret = base64.b64decode(text.removeprefix("whsec_"), validate=True)
    if not text.startswith("whsec_") or len(secret) < 24:
        raise ValueError("a secret is whsec_ and the base64 of 24 bytes or more")
    return secret


def signature(secret: bytes, message: str, seconds: int, body: bytes) -> str:
    """The value of `webhook-signature` for this message."""
    mac = hmac.digest(secret, f"{message}.{seconds}.".encode() + body, hashlib.sha256)
    return f"v1,{base64.b64encode(mac).decode()}"


def message_of(secret: bytes, headers: Mapping[str, str], body: bytes, now: datetime) -> str:
    """The message's id, once its signature holds and is fresh; else ForgedError. Several signatures may stand, with blanks."""
    message, seconds = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not 0 < len(message) <= LONGEST or not (
        seconds.isascii() and seconds.isdigit() and len(seconds) <= 12
    ):
        raise ForgedError("webhook-id, webhook-timestamp and webhook-signature are needed")
    expected = signature(secret, message, int(seconds), body).encode()
    signed = headers.get("webhook-signature", "").encode()[:2_000].split(b" ")
    if not any(hmac.compare_digest(one, expected) for one in signed):
        raise ForgedError("the signature does not hold")
    if abs(now.timestamp() - int(seconds)) > FRESH:
        raise ForgedError("the signature is too old, or a clock is wrong")
    return message


def read_told(tracker: str, body: bytes) -> Told:
    """`{"id", "fan", "quest", "sport", "started_at", "seconds", "metres"}`, all of them; UnreadableError names what is wrong."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        raise UnreadableError("the body is no JSON") from None
    if not isinstance(said, dict):
        raise UnreadableError("the body is no JSON object")
    number = _text(said, "id")
    sport = _text(said, "sport")
    if sport not in SPORTS:
        raise UnreadableError(f"sport is one of {', '.join(SPORTS)}")
    seconds, metres = _whole(said, "seconds", 1, DAYS), _whole(said, "metres", 0, FARTHEST)
    digest = hashlib.sha256(f"told\0{tracker}\0{number}".encode()).hexdigest()
    track = Track(
        format=TOLD,
        sport=sport,
        started_at=_moment(said),
        seconds=seconds,
        moving_seconds=seconds,
        metres=metres,
        counted_metres=None,
        climb=0,
        fixes=0,
        placed=0,
        fastest=metres / seconds,
        jumps=0,
        backwards=0,
        steadiness=None,
        digest=digest,
    )
    return Told(_text(said, "fan"), _text(said, "quest"), sport, track)


def _text(said: Mapping[str, Any], name: str) -> str:
    value = said.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST or "\0" in value:
        raise UnreadableError(f"{name} is a text of 1 to {LONGEST} characters")
    return value


def _whole(said: Mapping[str, Any], name: str, least: int, most: int) -> int:
    value = said.get(name)
    if type(value) is not int or not least <= value <= most:
        raise UnreadableError(f"{name} is a whole number from {least} to {most}")
    return value


def _moment(said: Mapping[str, Any]) -> datetime:
    try:
        moment = datetime.fromisoformat(_text(said, "started_at"))
        if moment.tzinfo is not None:
            return moment.astimezone(UTC).replace(microsecond=0)
    except (ValueError, OverflowError):
        pass
    raise UnreadableError("started_at is a moment with its zone, as 2026-07-26T19:30:00+02:00")
