"""What quests do again and again."""

from tifo.kernel.public import job
from tifo.quests.actions import (
    add_up_teams,
    count_guests,
    forget_old_photos,
    pay_settled,
    reward_teams,
    sweep_photos,
)


@job(every=5, shared=True)
def pay() -> bool:
    """Who had a settled prediction right gets her points, whoever no longer has it right gives them back."""
    return pay_settled()


@job(every=3600)
def let_photos_go() -> bool:
    """Photos whose time is over go, and files that nothing names."""
    return forget_old_photos() or sweep_photos()


@job(every=20)
def add_up() -> bool:
    """What teams did together is added up; who is at the goal has done it."""
    add_up_teams()
    return reward_teams()


@job(every=5, shared=True)
def guests() -> bool:
    """Who came by a fan's link and confirmed is counted, or held for a person."""
    return count_guests()
