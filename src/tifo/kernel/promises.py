"""What a check of the whole base may find: a promise that does not hold."""

from dataclasses import dataclass

from tifo.kernel.errors import Said


@dataclass(frozen=True)
class Broken:
    """A promise (its number in docs/guarantees.md) that does not hold. `says` what was found, `mend` what to do,
    `examples` where: ids and the like, never anything personal."""

    promise: str
    count: int
    says: Said
    mend: Said
    examples: tuple[str, ...] = ()
