"""What delivery does when something happens below it."""

from tifo.delivery.public import forget_fan
from tifo.fans.public import FanErased
from tifo.kernel.public import reacts_to


@reacts_to(FanErased)
def forget_her_messages(event: FanErased) -> None:
    """Nothing planned is sent to her any more; the ledger no longer knows her address."""
    forget_fan(event.fan_id)
