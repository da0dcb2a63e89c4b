"""What the fan club does when something happens below."""

from tifo.fanclub.actions import forget_traces
from tifo.fans.public import FanErased
from tifo.kernel.public import reacts_to


@reacts_to(FanErased)
def forget_her(event: FanErased) -> None:
    """Whoever erased her: her account closes, her waiting wishes go."""
    forget_traces(event.fan_id)
