"""What the consents context does when something happens below it."""

from tifo.consents.public import forget
from tifo.fans.public import FanErased
from tifo.kernel.public import reacts_to


@reacts_to(FanErased)
def forget_her_answers(event: FanErased) -> None:
    """Take back what she gave and blank the proofs."""
    forget(event.fan_id)
