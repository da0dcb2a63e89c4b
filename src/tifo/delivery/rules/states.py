"""The life of a message (M7): which state may follow which. The database holds the same graph by trigger."""

FOLLOWS: dict[str, frozenset[str]] = {
    "planned": frozenset({"claimed", "suppressed", "expired", "cancelled"}),
    "claimed": frozenset({"committing", "planned", "suppressed", "expired", "cancelled"}),
    "committing": frozenset({"accepted", "refused", "unknown", "planned"}),
    "unknown": frozenset({"accepted", "refused", "planned"}),  # only with evidence
    "accepted": frozenset(),
    "refused": frozenset(),
    "suppressed": frozenset(),
    "expired": frozenset(),
    "cancelled": frozenset(),
}
NEVER_TOOK = "relay never took it"  # how the evidence begins that lets a message be planned again from doubt
FIRST = frozenset({"planned", "suppressed"})  # or claimed, by its owner: planned in the same write
TERMINAL = frozenset(state for state, after in FOLLOWS.items() if not after)
OPEN = ("planned", "claimed", "committing")
MOVING = "state IN ('planned', 'claimed', 'committing')"
"""The same in SQL; only in these words does SQLite find such messages by their own index."""

WHY = "CASE WHEN state = 'suppressed' THEN reason ELSE '' END"
"""In SQL: what is counted apart beside the state."""


def may_follow(before: str, after: str, evidence: str = "") -> bool:
    """Whether a message may go from `before` to `after`. `unknown` rests until evidence settles it."""
    if before == after:
        return True
    if before == "unknown" and after == "planned":
        return evidence.startswith(NEVER_TOOK)
    return after in FOLLOWS[before] and (before != "unknown" or bool(evidence))
