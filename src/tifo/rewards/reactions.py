"""What rewards do when something happens below."""

from tifo.fans.public import FanErased
from tifo.kernel.public import reacts_to
from tifo.rewards.actions import let_go


@reacts_to(FanErased)
def forget(event: FanErased) -> None:
    """What opens her entries goes; the draw still verifies, and her place goes to the next rank."""
    let_go(event.fan_id)
