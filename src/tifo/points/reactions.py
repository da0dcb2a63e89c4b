"""What points do when something happens below."""

from tifo.fans.public import FanErased
from tifo.kernel.public import reacts_to
from tifo.points.actions import forfeit_all


@reacts_to(FanErased)
def forfeit(event: FanErased) -> None:
    """The person is gone; her points go back to the house, and the ledger still adds up."""
    forfeit_all(event.fan_id)
