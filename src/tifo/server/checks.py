"""Settings that can't be meant are refused at the start, by name and with the mend, not when a message should leave."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
_WEB = "https://fans.example.org"
_SHAPES: Mapping[str, tuple[str, str]] = {
    # what it must look like as a whole, and an example
    "TIFO_ACCENT": (r"#[0-9A-Fa-f]{6}", "#1f5fbf"),
    "TIFO_SENDER": (
        r"[^<>\x00-\x1f\x7f]*<[!-;=?-~]+@[A-Za-z0-9.-]+>|[!-;=?-~]+@[A-Za-z0-9.-]+",
        "'Our Games <news@example.org>'",
    ),
    "TIFO_RETURN_PATH": (
        r"([A-Za-z0-9._=+-]{0,16}\*@[A-Za-z0-9.-]+)?",
        "bounces+*@example.org, at most 16 signs beside the *; empty for none",
    ),
    "TIFO_LOG_LEVEL": ("|".join(LOG_LEVELS), "INFO"),
    "TIFO_LAKE_MEMORY": (r"[1-9]\d*(\.\d+)? ?[KMGT]i?B|[1-9]\d?%", "2GB or 25%"),
    "TIFO_PRESSURE_CAP": (
        r"(([a-z0-9_-]+=)?\d+/0*[1-9]\d*[hdw]( +|$))*",
        "3/7d, at most three in seven days, or 3/7d newsletter=1/1d; empty for no cap",
    ),
    "TIFO_QUIET_HOURS": (
        r"(([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d)?",
        "21:00-08:00, or empty for none",
    ),
    "TIFO_RETIRED_KEYS": (r"(\s*\d+:[^,]+(,\s*\d+:[^,]+)*)?", "1:old-secret,2:older-secret"),
    "TIFO_WEB_BIND": (r".+:\d{1,5}", "127.0.0.1:8000"),
    "TIFO_TRACK_BIND": (r".+:\d{1,5}", "127.0.0.1:8001"),
    "TIFO_INBOUND_BIND": (r".+:\d{1,5}|/.+", "127.0.0.1:2424"),
    "TIFO_INBOX_BIND": (r".+:\d{1,5}", "127.0.0.1:2525"),
}
_ADDRESSES: Mapping[str, tuple[tuple[str, ...], str]] = {
    "TIFO_PUBLIC_URL": (("http", "https"), _WEB),
    "TIFO_TRACK_URL": (("http", "https"), "https://link.example.org"),
    "TIFO_SMTP_URL": (
        ("smtp", "smtp+starttls", "smtps"),
        "smtp+starttls://user:password@mail.example.org:587",
    ),
}
_SECRETS = ("TIFO_RETIRED_KEYS", "TIFO_SMTP_URL")


def _refusal(name: str, value: str, example: str) -> ImproperlyConfigured:
    said = name if name in _SECRETS else f"{name}={value!r}"
    return ImproperlyConfigured(f"{said} can't be read; write e.g. {name}={example}")


def _is_address(text: str, schemes: tuple[str, ...]) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port beyond 65535, a bracket that stays open
        return False


def check_settings(said: Mapping[str, Any]) -> None:
    """Raises ImproperlyConfigured for the first setting that can't be read."""
    for name, (shape, example) in _SHAPES.items():
        if not re.fullmatch(shape, said[name].strip()):
            raise _refusal(name, said[name], example)
    for name, (schemes, example) in _ADDRESSES.items():
        if not _is_address(said[name], schemes):
            raise _refusal(name, said[name], example)
    for name, secret in said["TIFO_TRACKERS"].items():
        if not re.fullmatch(r"[a-z0-9-]{1,40}", name) or not re.fullmatch(
            r"whsec_[A-Za-z0-9+/]{32,}={0,2}", secret
        ):
            raise ImproperlyConfigured(
                f"TIFO_TRACKERS names {name[:40]!r} wrongly: write name:whsec_…, the base64 of 24 bytes or more, "
                "and commas between services"
            )
    if not 1 <= said["TIFO_SECRET_KEY_ID"] <= 255:
        raise ImproperlyConfigured("TIFO_SECRET_KEY_ID must be a number from 1 to 255")
