"""How a preference is scored, without a database."""

from tifo.preferences.rules.scoring import (
    HALF_LIFE_DAYS,
    KEPT_DAYS,
    NOTICEABLE,
    WEIGHTS,
    Evidence,
    effective,
    fading,
    learnt,
    mass,
    mass_of,
)
from tifo.preferences.rules.topics import PURPOSE_OF_SOURCE, checked_score, checked_slug

__all__ = [
    "HALF_LIFE_DAYS",
    "KEPT_DAYS",
    "NOTICEABLE",
    "PURPOSE_OF_SOURCE",
    "WEIGHTS",
    "Evidence",
    "checked_score",
    "checked_slug",
    "effective",
    "fading",
    "learnt",
    "mass",
    "mass_of",
]
