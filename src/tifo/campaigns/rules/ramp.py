"""The ramp: in which steps a sending leaves, when the next may, and when it must halt (S7)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from math import lgamma, log, log1p

from tifo.campaigns.types import NO_RAMP, Ramp, Rate

USUAL = Ramp((1, 10), 60)
"""What a large sending gets whose file says nothing: 1 %, 10 %, the rest, an hour watched between."""
MOST_STEPS, LEAST_SHARE, MOST_WATCH = 8, 0.01, 24 * 60  # steps, per cent, minutes

ENOUGH, PART = 1_000, 4
"""A step has left when so many of its messages, or one in four of them, are through and nothing of it is due: a
part that waits for its own hour, or that a greylisting server put off, does not hold up the rest."""

LIMITS: Mapping[str, float] = {
    "complaints": 0.001,
    "hard": 0.02,
    "blocked": 0.05,
    "unsubscribed": 0.02,
    "unknown": 0.01,
}
"""What a sending may bring, as parts of what was handed over.

Complaints: Gmail and Yahoo ask all who send much to stay under 0.1 % and never to reach 0.3 %
(support.google.com/mail/answer/81126, senders.yahooinc.com); hard bounces: Amazon SES warns from 5 % and advises to
stay under 2 %. Nobody publishes a limit for refusals as unwelcome, unsubscriptions and doubts; these are ours."""

CHANCE = 0.01
"""How often a sending halts by chance at most, with all signals, and however often it is looked at."""

_ALL = 1 - 1e-12  # the highest rate that has a logarithm of what is left


@dataclass(frozen=True)
class Heard:
    """What became of a sending so far, in messages."""

    accepted: int = 0
    refused: int = 0
    unknown: int = 0
    hard: int = 0
    blocked: int = 0
    complaints: int = 0
    unsubscribed: int = 0


def rates(heard: Heard, tolerated: Mapping[str, float]) -> tuple[Rate, ...]:
    """Each thing that is watched, with its bounds. `tolerated`: rates at which a person let it go on before, which
    are its limits from then on."""
    taken = heard.accepted
    answered = taken + heard.refused
    seen = {
        "complaints": (heard.complaints, taken),
        "hard": (heard.hard, answered),
        "blocked": (heard.blocked, answered),
        "unsubscribed": (heard.unsubscribed, taken),
        "unknown": (heard.unknown, answered + heard.unknown),
    }
    return tuple(
        _rate(signal, min(count, of), of, max(LIMITS[signal], tolerated.get(signal, 0.0)))
        for signal, (count, of) in seen.items()
    )


def _rate(signal: str, count: int, of: int, limit: float) -> Rate:
    low, high = bounds(count, of, usual=LIMITS[signal])
    return Rate(signal, count, of, low, high, limit)


def bounds(count: int, of: int, *, usual: float, chance: float = CHANCE / len(LIMITS)) -> tuple[float, float]:
    """Between what the true rate lies, whenever and however often one looks.

    A Wilson interval is right for one look at a number fixed beforehand; looked at all the time it is wrong sooner
    or later. Here the bounds are those of a confidence sequence: the rates against which a mixture of likelihoods
    (a beta prior around ten times the `usual` rate) has not yet reached 1 / `chance` (Ville's inequality).
    """
    if of == 0:
        return 0.0, 1.0
    share = count / of
    a, b = 1.0, 1 / min(10 * usual, 0.5) - 1
    mixed = _beta(a + count, b + of - count) - _beta(a, b) + log(chance)

    def doubtful(rate: float) -> bool:
        """Whether this rate is ruled out."""
        likelihood = (count * log(rate) if count else 0.0) + (
            (of - count) * log1p(-rate) if count < of else 0.0
        )
        return mixed > likelihood

    return (
        _edge(0.0, share, doubtful) if count else 0.0,
        _edge(_ALL, share, doubtful) if count < of else 1.0,
    )


def _beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)


def _edge(outside: float, inside: float, doubtful: Callable[[float], bool]) -> float:
    """Where doubt ends, on the way from a rate that is ruled out to one that is not; on the inner side."""
    for _ in range(60):
        between = (outside + inside) / 2
        if doubtful(between):
            outside = between
        else:
            inside = between
    return inside


def ramp_of(asked: Ramp | None, fans: int, above: int | None) -> Ramp:
    """The ramp of a sending to so many: what its file says, else the usual one where it is large."""
    if asked is not None:
        return asked
    return USUAL if above is not None and fans > above else NO_RAMP


def shares(ramp: Ramp) -> tuple[float, ...]:
    """The parts, between 0 and 1 and rising, of all that have left after each step but the last."""
    return tuple(step / 100 for step in ramp.steps)


def problem_of(ramp: Ramp) -> str:
    """What is wrong with a ramp; empty for a good one."""
    if len(ramp.steps) > MOST_STEPS:
        return f"a ramp may have {MOST_STEPS} steps, and the rest"
    if any(not LEAST_SHARE <= step < 100 for step in ramp.steps):
        return f"a step is a share in per cent, from {LEAST_SHARE} to less than 100; the rest needs no step"
    if any(later <= earlier for earlier, later in pairwise(ramp.steps)):
        return "the steps must rise: each says how many have got it in all, e.g. [1, 10]"
    if not 0 <= ramp.watch <= MOST_WATCH:
        return f"`watch` is in minutes, from 0 to {MOST_WATCH}"
    return ""


class Move(StrEnum):
    """What becomes of a step now."""

    WAIT = "wait"
    REST = "rest"  # it has left: from now on it is watched
    RELEASE = "release"  # it was watched long enough: the next may leave


def next_move(
    *, rested_at: datetime | None, watch: timedelta, through: int, rows: int, busy: bool, now: datetime
) -> Move:
    """Whether the next step may leave. `through`: messages of the `rows` let go so far that are settled; `busy`:
    whether some of these are due now."""
    if rested_at is not None:
        return Move.RELEASE if now >= rested_at + watch else Move.WAIT
    return Move.WAIT if busy or through < min(ENOUGH, -(-rows // PART)) else Move.REST
