"""Dates and moments written the one plain way, all at once through Arrow; the rules judge what is left."""

from datetime import date, datetime

import pyarrow as pa
import pyarrow.compute as pc

_DATE = r"^\d{4}-\d{2}-\d{2}$"
_MOMENT = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$"


def plain_dates(texts: pa.Array, first: date, last: date) -> pa.Array:
    """Days from `first` to `last` that are written 1990-07-14; NULL where a rule must look."""
    return _plain(texts, _DATE, pa.date32(), first, last)


def plain_moments(texts: pa.Array, first: datetime, last: datetime) -> pa.Array:
    """Moments from `first` to `last` that are written 2024-05-31T18:30:00Z; NULL where a rule must look."""
    return _plain(texts, _MOMENT, pa.timestamp("us", tz="UTC"), first, last)


def _plain(texts: pa.Array, form: str, kind: pa.DataType, first: date, last: date) -> pa.Array:
    bare = pc.if_else(pc.match_substring_regex(texts, form), texts, pa.scalar(None, pa.string()))
    try:
        values = bare.cast(kind)
    except pa.ArrowInvalid:  # a 30th of February: the rules look at each, and name it
        return pa.nulls(len(texts), kind)
    inside = pc.and_(
        pc.greater_equal(values, pa.scalar(first, kind)), pc.less_equal(values, pa.scalar(last, kind))
    )
    return pc.if_else(inside, values, pa.scalar(None, kind))
