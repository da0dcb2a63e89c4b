"""Where a fan stands: the fold of her ledger, and what an import may change of it."""

from collections.abc import Iterable
from datetime import timedelta

from tifo.consents.types import Act, State

REQUEST_LIFE = timedelta(days=30)
"""A request that nobody confirmed for so long has to be made anew."""

STATE_AFTER: dict[Act, State] = {"requested": "pending", "given": "given", "withdrawn": "withdrawn"}


def fold(acts: Iterable[Act]) -> State | None:
    """The state after these acts, in their order; None before the first."""
    state: State | None = None
    for act in acts:
        state = STATE_AFTER[act]
    return state


def imported(state: State | None, *, yes: bool, no: bool) -> Act | None:
    """What an import that says yes, no, or both writes. A no wins; a yes counts only where nothing was said before
    (a request that waits for its confirmation goes on waiting)."""
    if no:
        return None if state == "withdrawn" else "withdrawn"
    return "given" if yes and state is None else None


# The same in DuckDB, over columns `no` and `state`.
IMPORTED_SQL = """CASE WHEN no THEN CASE WHEN state IS DISTINCT FROM 'withdrawn' THEN 'withdrawn' END
    WHEN state IS NULL THEN 'given' END"""
