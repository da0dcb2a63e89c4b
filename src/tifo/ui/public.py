"""The door of the look, for Python; templates use `{% load ui %}`."""

from tifo.ui.rules import (
    ago,
    bytesize,
    city,
    clock,
    day,
    ground_light,
    language_name,
    moment,
    number,
    percent,
    shades,
    shown_dark,
    stylesheet,
    typed_matches,
    weekday,
)
from tifo.ui.types import Bar, Shades

__all__ = [
    "Bar",
    "Shades",
    "ago",
    "bytesize",
    "city",
    "clock",
    "day",
    "ground_light",
    "language_name",
    "moment",
    "number",
    "percent",
    "shades",
    "shown_dark",
    "stylesheet",
    "typed_matches",
    "weekday",
]
