"""What callers hand to components."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Bar:
    """One bar of a bar list: `value` of `total`; `certain` (≤ value) draws the sure part solid, the rest pale.

    `text` stands for the figures when given; else value and share are written in the reader's language.
    """

    label: str
    value: float
    total: float
    text: str = ""
    href: str = ""
    certain: float | None = None


@dataclass(frozen=True)
class Shades:
    """What is worn with an accent on one ground, each as #rrggbb."""

    accent: str
    on: str  # text on the accent: black or white
    deep: str  # the accent, moved away from `on`: patterns under text
    ink: str  # the accent as text, legible on every surface of the ground
    edge: str  # the accent as an outline, visible on every surface
    soft: str  # a tinted surface; all inks stay legible on it


@dataclass(frozen=True)
class Look:
    """What every page wears."""

    event_name: str
    accent: str
    accent_url: str
    postal_address: str
