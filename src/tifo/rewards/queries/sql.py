"""Where the two databases say the same thing otherwise."""

from django.db import connection

from tifo.rewards.types import INPUTS


def fact(key: str) -> str:
    """The expression for an input among an entry's facts; 0 where it is not known."""
    if key not in INPUTS:
        raise ValueError(f"no input: {key!r}")
    if connection.vendor == "postgresql":
        return f"COALESCE((facts->>'{key}')::bigint, 0)"
    return f"COALESCE(json_extract(facts, '$.{key}'), 0)"
