"""Values of the desk for people: what a file looks like, what an import did."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


def gettext_noop(text: str) -> str:
    """Marks a sentence for the translators."""
    return text


@dataclass(frozen=True)
class Fault:
    """A sentence about something wrong: a template in English and its values; said in any language by `words`."""

    template: str
    values: Mapping[str, object] = field(default_factory=dict)

    def words(self, say: Callable[[str], str]) -> str:
        return say(self.template) % self.values


class BadFile(ValueError):  # noqa: N818  it names what happened
    """A file that can't be taken as a whole; the sentence names the line and the mend."""

    def __init__(self, template: str, **values: object) -> None:
        self.fault = Fault(template, values)
        super().__init__(template % values)


# Where a column goes: a known name, "consent:<purpose>", "likes:<topic>"; "" = unknown, "-" = left out on purpose.
UNKNOWN = ""
LEFT_OUT = "-"


@dataclass(frozen=True)
class FileLook:
    """What the first look at a file found. `columns` are the header's cells as written."""

    encoding: str
    delimiter: str
    columns: tuple[str, ...]
    sample: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Reading:
    """How a file is read: the mapping (one place per column) and the hand-made choices."""

    targets: tuple[str, ...]
    encoding: str
    delimiter: str
    default_country: str = ""

    @property
    def columns(self) -> list[str]:
        """The places that are filled."""
        return [target for target in self.targets if target not in (UNKNOWN, LEFT_OUT)]

    @property
    def places(self) -> list[int]:
        """Where in the file each of `columns` stands."""
        return [n for n, target in enumerate(self.targets) if target not in (UNKNOWN, LEFT_OUT)]

    def under(self, head: str) -> list[str]:
        """The purposes of `consent:` columns, the topics of `likes:` columns."""
        parts = (column.partition(":") for column in self.columns)
        return [rest for start, colon, rest in parts if colon and start == head]


@dataclass(frozen=True)
class Block:
    """Some records of a file: their cells, and the line where each begins (from 1).

    `faults` are records that can't be taken; `position` is how many bytes of the file are behind it.
    """

    lines: list[int]
    cells: list[list[str]]
    faults: list[tuple[int, Fault]] = field(default_factory=list)
    position: int = 0


@dataclass(frozen=True)
class Staged:
    """What staging left: records read, people found in them, records rejected, topics met."""

    read: int
    people: int
    rejected: int
    topics: tuple[str, ...]
    purposes: tuple[str, ...]


@dataclass(frozen=True)
class ImportResult:
    """The figures that the command prints; read = created + updated + rejected, in rows of the file."""

    read: int
    created: int
    updated: int
    rejected: int
    rejects_file: str | None

    def as_dict(self) -> dict[str, object]:
        return {
            "read": self.read,
            "created": self.created,
            "updated": self.updated,
            "rejected": self.rejected,
            "rejects_file": self.rejects_file,
        }
