"""When to try again: later each time, and not all at once."""

import random
from datetime import timedelta

FIRST = 10.0
LONGEST = 3600.0


def pause(attempt: int) -> timedelta:
    """How long to wait after the `attempt`th try (from 1): 10 s, 30 s, 90 s … at most an hour, half to one and a
    half times that by chance, so that what failed together does not come back together."""
    seconds: float = min(FIRST * 3.0 ** min(attempt - 1, 20), LONGEST)
    return timedelta(seconds=seconds * (0.5 + random.random()))  # noqa: S311  spreads load, decides nothing
