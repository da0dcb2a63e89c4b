"""The event's colour on the grounds of a mail: what stands on it, and how it is written."""

import re
from dataclasses import dataclass
from functools import lru_cache

PAGE, CARD, INK, QUIET, LINE = "#efede7", "#ffffff", "#1b1c1a", "#5a5c54", "#cfcbc0"
DARK_PAGE, DARK_CARD, DARK_INK, DARK_QUIET, DARK_LINE = "#141513", "#1f211e", "#f2f1eb", "#b3b5ab", "#4b4e45"
_PLAIN = "#1f5fbf"
_HEX = re.compile(r"#[0-9a-fA-F]{6}")

Rgb = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours of a newsletter as #rrggbb. `tints` are the tiles of the band on top."""

    accent: str
    on: str
    ink: str
    dark_ink: str
    tints: tuple[str, ...]


def _rgb(colour: str) -> Rgb:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _hex(colour: Rgb) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)


def _mix(one: Rgb, other: Rgb, share: float) -> Rgb:
    mixed = [round(a + (b - a) * share) for a, b in zip(one, other, strict=True)]
    return mixed[0], mixed[1], mixed[2]


def _luminance(colour: Rgb) -> float:
    parts = [c / 255 / 12.92 if c / 255 <= 0.04045 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one: str, other: str) -> float:
    """WCAG contrast ratio, 1 to 21."""
    dark, light = sorted((_luminance(_rgb(one)), _luminance(_rgb(other))))
    return (light + 0.05) / (dark + 0.05)


def _legible(colour: Rgb, ground: str, towards: Rgb) -> str:
    for step in range(21):
        tried = _hex(_mix(colour, towards, step / 20))
        if contrast(tried, ground) >= 4.6:
            return tried
    return _hex(towards)


@lru_cache(maxsize=64)
def palette(accent: str) -> Palette:
    """Everything that follows from the accent; what is no #rrggbb gives the house's blue."""
    accent = accent.lower() if _HEX.fullmatch(accent) else _PLAIN
    colour = _rgb(accent)
    on = "#ffffff" if contrast(accent, "#ffffff") >= contrast(accent, "#000000") else "#000000"
    away = _rgb(on)
    tints = tuple(_hex(_mix(colour, away, share)) for share in (0.0, 0.14, 0.3, 0.5, 0.72))
    return Palette(
        accent, on, _legible(colour, PAGE, (0, 0, 0)), _legible(colour, DARK_CARD, (255, 255, 255)), tints
    )
