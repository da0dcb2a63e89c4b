"""Figures and dates in the reader's language, as filters."""

from datetime import date, datetime
from typing import Any

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

import tifo.kernel.public as kernel
from tifo.ui import rules
from tifo.ui.components.library import reader_language, register


@register.filter
def number(value: Any) -> str:
    return rules.number(value if value != "" else None, reader_language())


@register.filter
def percent(value: Any, decimals: int = 0) -> str:
    return rules.percent(value if value != "" else None, decimals, reader_language())


@register.filter
def bytesize(value: Any) -> str:
    return rules.bytesize(value if value != "" else None, reader_language())


def _zone(zone: str) -> str:
    return zone or timezone.get_current_timezone_name()


@register.filter
def day(value: date | None, zone: str = "") -> str:
    return rules.day(value or None, _zone(zone), reader_language())


@register.filter
def weekday(value: date | None, zone: str = "") -> str:
    return rules.weekday(value or None, _zone(zone), reader_language())


@register.filter
def moment(value: datetime | None, zone: str = "") -> str:
    return rules.moment(value or None, _zone(zone), reader_language())


@register.filter
def clock(value: datetime | None, zone: str = "") -> str:
    return rules.clock(value or None, _zone(zone), reader_language())


@register.filter
def ago(value: datetime | None) -> str:
    return rules.ago(value or None, kernel.clock.now(), reader_language())


@register.filter
def language_name(code: str) -> str:
    """A language's name in itself."""
    return rules.language_name(code)


_WRITTEN = {"day": day, "moment": moment, "clock": clock, "weekday": weekday}


@register.simple_tag
def when(value: datetime | None, style: str = "ago", zone: str = "") -> SafeString:
    """A <time>: words as asked, the machine's form inside, the exact moment as title."""
    if value is None:
        return SafeString(rules.UNKNOWN)
    words = ago(value) if style == "ago" else _WRITTEN[style](value, zone)
    exact = f"{moment(value, zone)} ({_zone(zone)})"
    return format_html('<time datetime="{}" title="{}">{}</time>', value.isoformat(), exact, words)
