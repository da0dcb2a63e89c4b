"""What the fans context announces."""

from dataclasses import dataclass

from tifo.kernel.public import Event


@dataclass(frozen=True)
class FanCreated(Event):
    """A fan came by herself or was entered by hand (an import announces FansImported instead)."""

    fan_id: int


@dataclass(frozen=True)
class FanChanged(Event):
    """What is known of a fan changed by hand."""

    fan_id: int


@dataclass(frozen=True)
class FansImported(Event):
    """A chunk of an import created or changed fans: those whose `rev` is at least `first_rev` are concerned."""

    run: str
    first_rev: int


@dataclass(frozen=True)
class FanErased(Event):
    """Everything personal was forgotten; the id stays. Each context forgets its part.

    `keys`: the keyed hashes of the identities she had, hexadecimal; nobody reads an address back from them.
    """

    fan_id: int
    keys: tuple[str, ...] = ()


@dataclass(frozen=True)
class CameBack(Event):
    """Somebody who had been forgotten joined anew by herself. `keys`: those that no longer keep her out."""

    keys: tuple[str, ...]


@dataclass(frozen=True)
class JoinedClub(Event):
    """A fan became a member of the club."""

    fan_id: int


@dataclass(frozen=True)
class LeftClub(Event):
    """A member left the club; she stays a fan."""

    fan_id: int
