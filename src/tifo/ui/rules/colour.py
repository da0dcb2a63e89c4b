"""One accent from the event's brand, made legible everywhere (WCAG 2.2: 4.5 for text, 3 for outlines)."""

import re
from dataclasses import dataclass
from functools import lru_cache

from tifo.ui.types import Shades

Rgb = tuple[int, int, int]

TEXT = 4.5
OUTLINE = 3.0
BLACK: Rgb = (0, 0, 0)
WHITE: Rgb = (255, 255, 255)
_TINT = 0.10
_PATTERN = 0.16
_STEPS = 64


@dataclass(frozen=True)
class Ground:
    """The neutral surfaces of light or dark; the same values stand in static/ui/tifo.css, which a test holds."""

    surfaces: tuple[str, str, str, str, str]
    inks: tuple[str, str, str]
    toward: Rgb  # where an illegible accent is moved to


ground_light = Ground(
    surfaces=("#ffffff", "#f7f6f2", "#efede7", "#e4e1d9", "#cfcbc0"),
    inks=("#1b1c1a", "#454740", "#5a5c54"),
    toward=BLACK,
)
ground_dark = Ground(
    surfaces=("#1d1f1c", "#141513", "#272925", "#34362f", "#4b4e45"),
    inks=("#f2f1eb", "#cfd0c7", "#b3b5ab"),
    toward=WHITE,
)


def is_colour(text: str) -> bool:
    """Whether the text is #rgb or #rrggbb."""
    return re.fullmatch(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})", text.strip()) is not None


def _rgb(text: str) -> Rgb:
    if not is_colour(text):
        raise ValueError(f"{text!r} is not a colour: write #rrggbb, e.g. #1f5fbf")
    digits = text.strip()[1:]
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    return int(digits[0:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)


def hex_colour(rgb: Rgb) -> str:
    """#rrggbb of three numbers from 0 to 255."""
    return "#{:02x}{:02x}{:02x}".format(*rgb)


def _luminance(rgb: Rgb) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (value / 255 for value in rgb)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, 1 to 21."""
    high, low = sorted((_luminance(_rgb(one)), _luminance(_rgb(other))), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _mix(base: Rgb, other: Rgb, share: float) -> Rgb:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(base, other, strict=True))
    return red, green, blue


def _moved_until(colour: Rgb, ground: Ground, least: float, surfaces: tuple[str, ...]) -> str:
    """The colour nearest to the given one, on its way to black or white, with `least` contrast on all surfaces."""
    for step in range(_STEPS + 1):
        candidate = hex_colour(_mix(colour, ground.toward, step / _STEPS))
        if min(contrast(candidate, surface) for surface in surfaces) >= least:
            return candidate
    return hex_colour(ground.toward)


@lru_cache(maxsize=64)
def shades(accent: str, ground: Ground) -> Shades:
    """All shades worn with an accent; raises ValueError for what is no colour."""
    colour = _rgb(accent)
    plain = hex_colour(colour)
    on, away = (WHITE, BLACK) if contrast(plain, "#ffffff") >= contrast(plain, "#000000") else (BLACK, WHITE)
    soft = hex_colour(_mix(_rgb(ground.surfaces[0]), colour, _TINT))
    # The fifth surface is for lines and fields of colour, no text stands on it.
    written_on = (*ground.surfaces[:4], soft)
    return Shades(
        accent=plain,
        on=hex_colour(on),
        deep=hex_colour(_mix(colour, away, _PATTERN)),
        ink=_moved_until(colour, ground, TEXT, written_on),
        edge=_moved_until(colour, ground, OUTLINE, written_on),
        soft=soft,
    )


def stylesheet(accent: str) -> str:
    """The custom properties of the accent for light and dark."""

    def properties(worn: Shades) -> str:
        return (
            f"--accent:{worn.accent};--accent-on:{worn.on};--accent-deep:{worn.deep};"
            f"--accent-ink:{worn.ink};--accent-edge:{worn.edge};--accent-soft:{worn.soft}"
        )

    return (
        f":root{{{properties(shades(accent, ground_light))}}}\n"
        f"@media (prefers-color-scheme:dark){{:root{{{properties(shades(accent, ground_dark))}}}}}\n"
    )
