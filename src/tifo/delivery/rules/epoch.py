"""What a base is bound to, and the file outside it that says so: no input or output here."""

import hashlib
import json
from dataclasses import asdict, dataclass, replace

DIGITS = 20
HEAD = 2 * DIGITS + 2  # "mark total\n", overwritten in place


@dataclass(frozen=True)
class Here:
    """Where a base is worked from: this machine, this data folder, this database."""

    machine: str
    cards: tuple[str, ...]  # its network cards, where they have lasting addresses
    folder: str
    inode: int
    database: str  # where it is asked for
    store: str  # which database answers there

    def differs(self, other: "Here") -> tuple[str, ...]:
        """What is not the same: machine, folder, database."""
        moved = bool(self.cards and other.cards) and not set(self.cards) & set(other.cards)
        parts = {
            "machine": self.machine != other.machine or moved,
            "folder": (self.folder, self.inode) != (other.folder, other.inode),
            "database": (self.database, self.store) != (other.database, other.store),
        }
        return tuple(name for name, other_one in parts.items() if other_one)


@dataclass(frozen=True)
class Record:
    """What the file outside says: which place of which epoch this is, how far it crossed (`mark`) and how far all
    places together did, as far as it saw (`total`)."""

    place: str
    epoch: int
    bound: Here
    mark: int = 0
    total: int = 0

    def at(self, mark: int, total: int) -> "Record":
        """The same, further on."""
        return replace(self, mark=mark, total=total)


def short(text: str) -> str:
    """A name that tells machines apart and gives none of them away."""
    return hashlib.sha256(f"tifo epoch {text}".encode()).hexdigest()[:16] if text else ""


def head(mark: int, total: int) -> bytes:
    """The first line: two numbers that only grow."""
    return f"{mark:0{DIGITS}d} {total:0{DIGITS}d}\n".encode("ascii")


def written(record: Record) -> bytes:
    """The whole file."""
    said = {"place": record.place, "epoch": record.epoch, "bound": asdict(record.bound)}
    return head(record.mark, record.total) + json.dumps(said, sort_keys=True).encode() + b"\n"


def bound_part(tail: bytes) -> Record:
    """What follows the first line; raises ValueError for what can't be read."""
    try:
        said = json.loads(tail)
        bound = dict(said["bound"])
        bound["cards"] = tuple(bound["cards"])
        return Record(str(said["place"]), int(said["epoch"]), Here(**bound))
    except (KeyError, TypeError) as error:
        raise ValueError(str(error)) from None


def numbers(first: bytes) -> tuple[int, int]:
    """(mark, total) of the first line; raises ValueError."""
    mark, total = first.split()
    return int(mark), int(total)
