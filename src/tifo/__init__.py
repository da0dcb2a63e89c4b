"""tifo: fan engagement for organisers of big events."""
