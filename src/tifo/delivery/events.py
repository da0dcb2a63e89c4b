"""What delivery announces."""

from dataclasses import dataclass

from tifo.kernel.public import Event


@dataclass(frozen=True)
class HitsArchived(Event):
    """Opens and clicks were classified and lie in the archive, as file `file_id` of delivery."""

    file_id: int


@dataclass(frozen=True)
class MessageRefused(Event):
    """The other side will not take this message; `permanent`: nor any other for this address."""

    message_id: int
    permanent: bool
