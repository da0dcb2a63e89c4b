"""What points do when something happens below."""

from tifo.fans.public import FanChanged, FanErased, LeftClub
from tifo.kernel.public import reacts_to
from tifo.points.actions import follow_facts, forfeit_all, forget_shown, leave_boards


@reacts_to(FanErased)
def forfeit(event: FanErased) -> None:
    """The person is gone; her points go back to the house, and the ledger still adds up."""
    forfeit_all(event.fan_id)
    forget_shown(event.fan_id)


@reacts_to(FanChanged)
def stand_as_known(event: FanChanged) -> None:
    """Her country and age on the boards are those that we know now."""
    follow_facts(event.fan_id)


@reacts_to(LeftClub)
def step_down(event: LeftClub) -> None:
    """Who left the club stands on no board."""
    leave_boards(event.fan_id)
