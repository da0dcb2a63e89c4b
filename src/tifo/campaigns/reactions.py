"""What campaigns do when something happens below them."""

from tifo.campaigns.public import send_again
from tifo.delivery.public import PlannedAgain
from tifo.kernel.public import reacts_to


@reacts_to(PlannedAgain)
def open_its_chunk(event: PlannedAgain) -> None:
    """A doubt that turned out as never handed over goes its way after all."""
    send_again(event.mailing_id, event.chunk)
