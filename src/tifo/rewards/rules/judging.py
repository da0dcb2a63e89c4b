"""Who may take part with how many tickets: for one entry, and for all of them at once (a test holds them equal)."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from tifo.rewards.types import Bound, Input, OfferDefinition, Stratum, Weights, Why


def band(of: Input, value: int) -> int:
    """What is published of a fact: the greatest band that is not above it, or the first."""
    return max((one for one in of.bands if one <= value), default=of.bands[0])


def holds(bound: Bound, value: int) -> bool:
    """Whether a published band passes."""
    if bound.operator == ">=":
        return value >= bound.value
    if bound.operator == "<=":
        return value <= bound.value
    return value == bound.value


def misses(offer: OfferDefinition, facts: Mapping[str, int], at: datetime | None) -> tuple[Why, ...]:
    """The bounds that these true facts do not pass."""
    inputs = {one.key: one for one in offer.inputs}
    return tuple(
        Why(bound.key, bound.operator, bound.value, facts[bound.key], at)
        for bound in offer.eligible
        if not holds(bound, band(inputs[bound.key], facts[bound.key]))
    )


def weight(weights: Weights | None, bands: Mapping[str, int]) -> int:
    """How many tickets these published bands have."""
    if weights is None:
        return 1
    added = 0
    for more in weights.add:
        reached = [tickets for least, tickets in more.steps if bands[more.key] >= least]
        added += reached[-1] if reached else 0
    return min(weights.cap, 1 + added)


def strata_for(strata: Sequence[Stratum], gender: str | None, country: str | None) -> tuple[Stratum, ...]:
    """Where somebody may enter; where several are left, she chooses."""
    return tuple(
        stratum
        for stratum in strata
        if (not stratum.genders or gender in stratum.genders)
        and (not stratum.countries or country in stratum.countries)
    )


def bands_of_all(of: Input, values: pa.ChunkedArray) -> pa.ChunkedArray:
    """`band` of many values."""
    found = _same(of.bands[0], len(values))
    for one in of.bands[1:]:
        found = pc.if_else(pc.greater_equal(values, one), pa.scalar(one, pa.int64()), found)
    return found


def eligible_of_all(
    offer: OfferDefinition, bands: Mapping[str, pa.ChunkedArray], count: int
) -> pa.ChunkedArray:
    """Whether each passes all bounds."""
    passed = pa.chunked_array([pa.repeat(pa.scalar(True), count)])
    compare = {">=": pc.greater_equal, "<=": pc.less_equal, "==": pc.equal}
    for bound in offer.eligible:
        passed = pc.and_(passed, compare[bound.operator](bands[bound.key], bound.value))
    return passed


def weights_of_all(
    weights: Weights | None, bands: Mapping[str, pa.ChunkedArray], count: int
) -> pa.ChunkedArray:
    """`weight` of many."""
    total = _same(1, count)
    if weights is None:
        return total
    for more in weights.add:
        added = _same(0, count)
        for least, tickets in more.steps:
            added = pc.if_else(
                pc.greater_equal(bands[more.key], least), pa.scalar(tickets, pa.int64()), added
            )
        total = pc.add(total, added)
    return pc.min_element_wise(total, pa.scalar(weights.cap, pa.int64()))


def _same(value: int, count: int) -> pa.ChunkedArray:
    return pa.chunked_array([pa.repeat(pa.scalar(value, pa.int64()), count)])
