"""What this context announces."""

from dataclasses import dataclass

from tifo.kernel.public import Event


@dataclass(frozen=True)
class TicketsChanged(Event):
    """Tickets were created, changed, linked to fans or moved with their session: those with rev >= `first_rev`."""

    first_rev: int
