"""How fast a destination is written to: which caps bind an address, how far apart its messages leave, a day's share."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fnmatch import fnmatchcase

LATE = 0.25  # seconds after its slot until which a message may still be handed over
LEAD = 0.25  # seconds from giving a slot away to its moment: the gate's commit lies between
HORIZON = 2.0  # seconds for which slots are given away in advance
LONGEST_TAIL = 1800.0  # seconds after which who was sent away asks again at the latest
DAY_LONGEST = 2**31 - 1


@dataclass(frozen=True)
class Rule:
    """The caps of one destination; None: no cap. `scope`: all, group or each."""

    id: int
    name: str
    scope: str
    domains: tuple[str, ...] = ()
    per_second: int | None = None
    per_minute: int | None = None
    connections: int | None = None
    warm_from: date | None = None
    day_first: int | None = None
    day_most: int | None = None

    @property
    def spacing(self) -> float:
        """Seconds from one slot to the next. Who leaves up to LATE after her slot still leaves no window of a second
        or a minute with more than its cap: the slots of such a window lie within LATE more than its length."""
        seconds = (1 + LATE) / self.per_second if self.per_second else 0.0
        minutes = (60 + LATE) / self.per_minute if self.per_minute else 0.0
        return max(seconds, minutes)

    def share(self, day: date) -> int | None:
        """How many may leave on a day; None: no cap."""
        most = self.day_most if self.day_most is not None else DAY_LONGEST
        if self.warm_from is None or self.day_first is None:
            return self.day_most
        days = max((day - self.warm_from).days, 0)
        grown = self.day_first * 2 ** min(days, 31)
        return None if self.day_most is None and grown >= DAY_LONGEST else min(grown, most)


@dataclass(frozen=True)
class PaceInfo:
    """A cap. `share`: how many may leave today, None: no cap; `used`: how many slots went, over all sending domains."""

    rule: Rule
    share: int | None
    used: int | None


@dataclass(frozen=True)
class Binding:
    """A rule as it binds one address: `key` names the destination."""

    key: str
    rule: Rule


class Rules:
    """All rules; looks up an address's domain once."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        by_scope: dict[str, list[Rule]] = {"all": [], "group": [], "each": []}
        for rule in rules:
            by_scope[rule.scope].append(rule)
        self._all, self._groups, self._each = by_scope["all"], by_scope["group"], by_scope["each"]
        self._known: dict[str, tuple[Binding, ...]] = {}

    def __bool__(self) -> bool:
        return bool(self._all or self._groups or self._each)

    def binding(self, domain: str) -> tuple[Binding, ...]:
        """What binds a message to this domain: at most what holds for all, and its group's or its own."""
        found = self._known.get(domain)
        if found is None:
            found = self._known[domain] = self._look_up(domain)
        return found

    def _look_up(self, domain: str) -> tuple[Binding, ...]:
        found = [Binding(f"rule:{rule.id}", rule) for rule in self._all]
        for rule in self._groups:
            if any(fnmatchcase(domain, pattern) for pattern in rule.domains):
                return (*found, Binding(f"rule:{rule.id}", rule))
        return (*found, *(Binding(f"rule:{rule.id}@{domain}", rule) for rule in self._each))

    def place(self, domain: str) -> str:
        """Under which key a domain's troubles are kept: its group's, or its own."""
        for binding in self.binding(domain):
            if binding.rule.scope == "group":
                return binding.key
        return f"@{domain}"


@dataclass
class Standing:
    """Where a destination stands now: slots are given away for `ahead` seconds from now, those sent away come back
    until `tail`; `left` of today's share; `width`: connections we may use, None: no cap."""

    spacing: float
    ahead: float = 0.0
    tail: float = 0.0
    left: int | None = None
    width: int | None = None


@dataclass
class Timetable:
    """Who goes and how many seconds from now (None: at once); who comes back and when; who waits for another day, and
    who for a connection."""

    go: dict[int, float | None] = field(default_factory=dict)
    back: dict[int, float] = field(default_factory=dict)
    tomorrow: list[int] = field(default_factory=list)
    crowded: list[int] = field(default_factory=list)


def timetable(queues: Mapping[tuple[str, ...], Sequence[int]], standing: Mapping[str, Standing]) -> Timetable:
    """Give slots to messages; `queues`: those bound by the same destinations, in order. Writes on in `standing`."""
    table = Timetable()
    waiting = {keys: list(reversed(messages)) for keys, messages in queues.items() if messages}
    while waiting:
        keys = min(waiting, key=lambda keys: max(_next(standing[key]) for key in keys))
        bound = [standing[key] for key in keys]
        moment = max(_next(one) for one in bound)
        left = [one.left for one in bound if one.left is not None]
        if left and min(left) <= 0:
            table.tomorrow += reversed(waiting.pop(keys))
        elif any(one.width == 0 for one in bound):
            table.crowded += reversed(waiting.pop(keys))
        elif moment > HORIZON:
            _send_away(table, list(reversed(waiting.pop(keys))), bound)
        else:
            message = waiting[keys].pop()
            table.go[message] = moment if any(one.spacing for one in bound) else None
            for one in bound:
                one.left = None if one.left is None else one.left - 1
                if one.spacing:
                    one.ahead = moment + one.spacing
            if not waiting[keys]:
                del waiting[keys]
    return table


def _next(one: Standing) -> float:
    return max(one.ahead, LEAD) if one.spacing else 0.0


def _send_away(table: Timetable, messages: list[int], bound: list[Standing]) -> None:
    """Each comes back when a slot may be free, not all together."""
    spacing = max(one.spacing for one in bound)
    tail = max(max(one.ahead, one.tail) for one in bound if one.spacing)
    for number, message in enumerate(messages):
        if tail > LONGEST_TAIL:
            table.back[message] = LONGEST_TAIL * (0.5 + 0.5 * (number % 97) / 97)
        else:
            table.back[message] = tail
            tail += spacing
    for one in bound:
        if one.spacing:
            one.tail = max(one.tail, tail)


def elapsed(now: float, at: float, watched: float | None) -> float:
    """How much time surely passed since a row was written at `at`: what the clock says, but no more than this process
    saw pass (`watched`, None: it never looked before). So a clock that jumps gives nobody a burst."""
    return 0.0 if watched is None else max(0.0, min(now - at, watched))


def believed(now: float, expected: float, tolerance: float = 60.0) -> float:
    """The clock, unless it jumped away from what this process saw pass."""
    return expected if abs(now - expected) > tolerance else now
