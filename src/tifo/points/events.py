"""What points announce."""

from dataclasses import dataclass

from tifo.kernel.public import Event


@dataclass(frozen=True)
class LevelReached(Event):
    """A fan came to a level that she never had before."""

    fan_id: int
    level: str
