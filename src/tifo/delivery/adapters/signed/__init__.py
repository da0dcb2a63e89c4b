"""A webhook of our own for whatever has none that is known: JSON under `X-Tifo-Signature: t=<seconds>,v1=<hex>`, an
HMAC-SHA-256 with TIFO_WEBHOOK_SECRET over the seconds, a dot and the body. Described in docs/how-to/.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping, Sequence

from django.conf import settings

from tifo.delivery.ports import NotVouchedFor, Posted
from tifo.delivery.rules.bounces import kind_of
from tifo.delivery.types import ServiceReport
from tifo.kernel.public import clock

FRESH = 300  # seconds that a signature holds
MOST = 1_000  # reports at once

_SIGNATURE = re.compile(r"t=(\d{1,12}),v1=([0-9a-f]{64})")
_KINDS = ("bounce", "complaint", "stop")


def signature(secret: str, seconds: int, body: bytes) -> str:
    """The header's value."""
    mac = hmac.digest(secret.encode(), b"%d." % seconds + body, hashlib.sha256).hex()
    return f"t={seconds},v1={mac}"


def read(posted: Posted) -> Sequence[ServiceReport]:
    """`{"events": [{"id", "kind": bounce|complaint|stop, "message", "recipient", "status", "diagnostic"}]}`"""
    said = _SIGNATURE.fullmatch(posted.headers.get("X-Tifo-Signature", ""))
    if said is None:
        raise NotVouchedFor("forged")
    expected = signature(settings.TIFO_WEBHOOKS["signed"], int(said[1]), posted.body)
    if not hmac.compare_digest(said[0], expected):
        raise NotVouchedFor("forged")
    if abs(clock.now().timestamp() - int(said[1])) > FRESH:
        raise NotVouchedFor("old")
    try:
        events = json.loads(posted.body)["events"]
        if len(events) > MOST:
            raise NotVouchedFor("unreadable")
        return [_report(event) for event in events]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise NotVouchedFor("unreadable") from None


def _report(event: Mapping[str, object]) -> ServiceReport:
    said = {
        name: event.get(name, "") for name in ("id", "kind", "message", "recipient", "status", "diagnostic")
    }
    if (
        not all(isinstance(value, str) for value in said.values())
        or not said["id"]
        or said["kind"] not in _KINDS
    ):
        raise NotVouchedFor("unreadable")
    kind, status, diagnostic = str(said["kind"]), str(said["status"])[:20], str(said["diagnostic"])
    if kind == "bounce":
        kind = kind_of(status, diagnostic)
    return ServiceReport(
        kind,
        str(said["id"])[:200],
        str(said["message"])[:300],
        str(said["recipient"])[:320],
        status,
        diagnostic,
    )
