"""What the consents context announces."""

from dataclasses import dataclass

from tifo.kernel.public import Event


@dataclass(frozen=True)
class ConsentGiven(Event):
    """A fan said yes to a purpose; `version` numbers her answers to it."""

    fan_id: int
    purpose: str
    version: int


@dataclass(frozen=True)
class ConsentWithdrawn(Event):
    """A fan said no to a purpose, or took her yes back."""

    fan_id: int
    purpose: str
    version: int


@dataclass(frozen=True)
class ConsentsImported(Event):
    """A chunk of an import wrote answers: the heads with this `rev` are concerned."""

    source: str
    rev: int
