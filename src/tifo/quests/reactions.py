"""What quests do when something happens below."""

from tifo.fans.public import FanErased
from tifo.kernel.public import reacts_to
from tifo.quests.actions import forget_plays


@reacts_to(FanErased)
def forget(event: FanErased) -> None:
    """Nothing stays of what she answered."""
    forget_plays(event.fan_id)
