"""The code by which a tracker's service names a fan: sealed by us, of no use to another service."""

from tifo.kernel.public import tokens


def tracker_code(tracker: str, fan_id: int) -> str:
    """Her code for this service."""
    return tokens.sign(f"quests.tracker:{tracker}", fan_id.to_bytes(8, "big"))


def fan_of_tracker(tracker: str, code: str) -> int | None:
    """Whose code it is; None where we never gave it for this service."""
    found = tokens.read(f"quests.tracker:{tracker}", code)
    return int.from_bytes(found, "big") if found else None
