"""Pure rules of the look: colours that stay legible, figures and dates as people write them."""

from tifo.ui.rules.colour import (
    contrast,
    ground_dark,
    ground_light,
    hex_colour,
    is_colour,
    shades,
    stylesheet,
)
from tifo.ui.rules.darkness import shown_dark
from tifo.ui.rules.typing import typed_matches
from tifo.ui.rules.writing import (
    UNKNOWN,
    ago,
    bytesize,
    city,
    clock,
    day,
    language_name,
    moment,
    number,
    percent,
    weekday,
)

__all__ = [
    "UNKNOWN",
    "ago",
    "bytesize",
    "city",
    "clock",
    "contrast",
    "day",
    "ground_dark",
    "ground_light",
    "hex_colour",
    "is_colour",
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
