"""What a process of the matrix is: how its world is made, what it does, and how it is judged afterwards."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bench.crash.tracer import Stop
from bench.crash.worlds import World


@dataclass
class Verdict:
    """What a kill did. `broken` says in words which promise did not hold."""

    duplicates: int = 0
    silent_losses: int = 0
    unknown: int = 0
    broken: list[str] = field(default_factory=list)

    def expect(self, holds: bool, words: str) -> None:
        """Note a promise that does not hold."""
        if not holds:
            self.broken.append(words)

    def same(self, found: dict[str, Any], clean: dict[str, Any]) -> None:
        """Hold a base against what one clean run makes: more rows are duplicates, fewer are losses."""
        for name, should in clean.items():
            has, wants = Counter(map(repr, found.get(name, []))), Counter(map(repr, should))
            more, less = has - wants, wants - has
            self.duplicates += max(0, sum(more.values()) - sum(less.values()))
            self.silent_losses += max(0, sum(less.values()) - sum(more.values()))
            if more or less:
                self.broken.append(f"{name} is not as after a clean run: +{list(more)[:2]} -{list(less)[:2]}")


class Part(ABC):
    """A process that may die."""

    name: str
    databases = ("sqlite", "postgresql")

    def __init__(self, world: World, oracle: tuple[int, int, int]) -> None:
        self.world, self.oracle = world, oracle
        self.said = world.folder.parent / f"said-{world.folder.name}"  # what the process that dies prints

    @abstractmethod
    def prepare(self) -> dict[str, Any]:
        """In an empty base: make the world; give what is needed to judge. In a child."""

    def clean(self) -> dict[str, Any]:
        """Run it whole in that world: what else is needed to judge. In a child."""
        return {}

    @abstractmethod
    def act(self) -> None:
        """What the process does. In the child that is killed."""

    @abstractmethod
    def finish(self, clean: dict[str, Any]) -> Verdict:
        """Start again, run to the end, and judge. In a child."""

    def started(self, child: int) -> None:  # noqa: B027  most need nothing
        """The child that is killed runs: what else happens meanwhile."""

    def ended(self, *, killed: bool) -> None:  # noqa: B027
        """It has ended."""

    def watcher(self) -> Callable[[Stop], None] | None:
        """Looks at each stop of the run that is not killed; raises where a promise breaks."""
        return None
