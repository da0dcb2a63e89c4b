"""Named places where tests let the process die, as a kill would."""

import os

_wanted, _, _count = os.environ.get("TIFO_CRASH_AT", "").partition(":")
_passed = 0


def crash_point(name: str) -> None:
    """Die here with exit code 137 when TIFO_CRASH_AT names this point (`name`, or `name:3` for the third time)."""
    global _passed
    if name != _wanted:
        return
    _passed += 1
    if _passed == int(_count or 1):
        os._exit(137)
