"""What campaigns announce."""

from dataclasses import dataclass

from tifo.kernel.public import Event


@dataclass(frozen=True)
class SendingHalted(Event):
    """A sending stopped by itself: of what it is watched for, `signals` (joined by commas) passed their limits."""

    sending_id: int
    campaign: str
    signals: str
