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


@dataclass(frozen=True)
class FeedbackHeard(Event):
    """Something came back about a message: `kind` hard, soft, blocked, complaint or stop. Without `message_id` where
    a mail service spoke of an address only."""

    mailing_id: int | None
    message_id: int | None
    kind: str


@dataclass(frozen=True)
class PlannedAgain(Event):
    """Messages of a chunk that rested in doubt wait to be sent: the relay never took them."""

    mailing_id: int
    chunk: int
