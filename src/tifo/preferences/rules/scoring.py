"""The score of what was learnt: weight of evidence that fades with time.

    faded mass   M(now) = Σ wᵢ · 2^(−(now − tᵢ) / H)
    learnt score s(now) = 1 − e^(−M(now))

- *Fading*: interests drift, and old ratings mislead; an exponential decay with half-life H makes all of a fan's
  evidence fade by the same factor, so that one number per fan and topic is enough to fade it later. On seven
  months of ratings a half-life of around 150 days predicted best (Ardagelou & Arampatzis, *A Half-Life Decaying
  Model for Recommender Systems with Matrix Factorization*, CEUR-WS vol. 2038, 2017); we take 150 days.
- *Adding up*: pieces of evidence are taken as independent causes, any of which suffices (noisy-or, Pearl 1988):
  1 − Π(1 − pᵢ), which with wᵢ = −ln(1 − pᵢ) is 1 − e^(−Σwᵢ). So the score stays below 1, grows with every piece,
  never depends on their order, and the weight of a source says something: w = 0.22 is "one such act makes the
  liking 20 % likely".

What she declared is not weighed against it: declared always wins.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

HALF_LIFE_DAYS = 150
KEPT_DAYS = 8 * HALF_LIFE_DAYS
"""After eight half-lives a piece of evidence weighs 0.4 % of what it did: it is deleted."""
NOTICEABLE = 0.005
"""The nightly fading writes a score that moved by this much; the stored score is never further off than that plus
a day's fading."""

WEIGHTS = {
    "click": 0.22,  # one click makes the liking 20 % likely
    "ticket": 1.2,  # who pays for a seat likes it: 70 %
    "quiz": 0.36,  # 30 %
    "quest": 0.36,
    "survey": 0.7,  # 50 %
}
"""Weight of one piece of evidence by its source."""

_START = datetime(2020, 1, 1, tzinfo=UTC)
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Evidence:
    """Something a fan did that speaks for a topic: its weight (≥ 0) and its moment."""

    weight: float
    at: datetime


def _half_lives(moment: datetime) -> float:
    return (moment - _START).total_seconds() / _DAY / HALF_LIFE_DAYS


def mass_of(piece: Evidence) -> float:
    """The mass of one piece of evidence as it is stored: w · 2^((t − 2020) / H).

    Told at a fixed moment, so that nothing need be touched to fade it, and a sum is all that SQL has to do. A
    double holds it for another four centuries.
    """
    return piece.weight * math.exp2(_half_lives(piece.at))


def mass(pieces: Iterable[Evidence]) -> float:
    """The mass of many pieces."""
    return math.fsum(mass_of(piece) for piece in pieces)


def fading(now: datetime) -> float:
    """What a stored mass is to be multiplied with to weigh what it does at `now`."""
    return math.exp2(-_half_lives(now))


def learnt(stored: float, now: datetime) -> float:
    """The learnt score of a stored mass, 0 to 1."""
    return -math.expm1(-stored * fading(now))


def effective(declared: float | None, learnt_score: float) -> float:
    """What counts: what she said, else what was learnt."""
    return learnt_score if declared is None else declared
