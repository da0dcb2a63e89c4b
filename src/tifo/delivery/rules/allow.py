"""Who may be reached outside production (S6)."""

from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from functools import lru_cache


def allow_list(environment: str, patterns: Sequence[str]) -> Callable[[str], bool]:
    """A test for addresses: in production everybody; elsewhere only those that match a pattern.

    No pattern outside production: nobody. Patterns are shell patterns (`*@example.org`), compared without case.
    """
    if environment == "production":
        return lambda _: True
    wanted = tuple(pattern.lower() for pattern in patterns)

    @lru_cache(maxsize=4096)
    def allowed(recipient: str) -> bool:
        address = recipient.lower()
        return any(fnmatchcase(address, pattern) for pattern in wanted)

    return allowed
