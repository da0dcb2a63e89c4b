"""Around what would keep others waiting: slots that are over, destinations under way often enough, domains at which the
server breaks off or is slow."""

from collections import Counter, deque
from collections.abc import Iterable, Sequence
from typing import Generic, TypeVar

from tifo.delivery.adapters.smtp.terms import Job
from tifo.delivery.ports import Outcome, Verdict

ALONE = 30.0  # seconds for which a domain is left alone at which connections broke
SLOW = 60.0  # seconds for which a domain is slow that kept half of the connections waiting


S = TypeVar("S")  # a session


class Detour(Generic[S]):
    """Which parcel a connection takes next, where not simply the first."""

    def __init__(self, connections: int) -> None:
        self._half, self._few = max((connections + 1) // 2, 1), max(connections // 4, 1)
        self._broken: dict[str, tuple[float, str]] = {}  # domain: until when, why
        self._slow: dict[str, float] = {}
        self._kept: dict[S, str] = {}  # sessions that wait long, and at which domain
        self._under_way: Counter[str] = Counter()
        self._slow_ones = 0
        self.parked: deque[Job] = deque()  # whose destination has enough under way

    @property
    def needed(self) -> bool:
        """Whether anything at all is in the way."""
        return bool(self._broken or self._slow)

    def choose(
        self, waiting: deque[Job], *, alone: bool, now: float
    ) -> tuple[Job | None, list[tuple[Job, Outcome]]]:
        """The next that may go, taken from `waiting`; and those that may not, and why."""
        self._forget(now)
        settled: list[tuple[Job, Outcome]] = []
        passed: list[Job] = []
        chosen = None
        while waiting and chosen is None:
            job = waiting.popleft()
            slot, domain = job.parcel.slot, job.domain if self.needed else ""
            if slot is not None and slot.ends is not None and now > slot.ends:
                settled.append((job, Outcome(Verdict.DEFERRED, "pace", 0, "its slot was over")))
            elif domain in self._broken:
                settled.append((job, Outcome(Verdict.DEFERRED, "dropped", 0, self._broken[domain][1])))
            elif domain in self._slow and self._slow_ones >= self._few and self.others_wait(waiting):
                settled.append((job, Outcome(Verdict.DEFERRED, "slow", 0, "others wait less")))
            elif domain in self._slow and (not alone or self._slow_ones >= self._few):
                passed.append(job)
            elif slot is not None and any(self._under_way[key] >= width for key, width in slot.widths):
                self.parked.append(job)
            else:
                chosen = job
                if slot is not None and slot.widths:
                    job.counted = True
                    self._under_way.update(key for key, _ in slot.widths)
                if domain in self._slow:
                    job.slow = True
                    self._slow_ones += 1
        waiting.extendleft(reversed(passed))
        return chosen, settled

    def free(self, job: Job) -> bool:
        """It is under way no more; whether others waited for that."""
        if job.slow:
            job.slow = False
            self._slow_ones -= 1
        if job.counted and job.parcel.slot is not None:
            job.counted = False
            self._under_way.subtract(key for key, _ in job.parcel.slot.widths)
        return bool(self.parked)

    def leave_alone(self, domain: str, now: float, reason: str) -> None:
        """Connections break at this domain."""
        self._broken[domain] = (now + ALONE, reason[:200])

    def others_wait(self, waiting: Iterable[Job]) -> bool:
        """Whether anything waits that is not for a slow domain; else nobody gains by their standing back."""
        return any(job.domain not in self._slow for job in waiting)

    def kept_waiting(self, session: S, job: Job | None, waiting: Iterable[Job], now: float) -> Sequence[S]:
        """A session waits long for an answer about this one, or does no more. A domain at which half of them wait is
        slow; where each waits at another one the server is, and nothing is gained by going round. Gives the sessions
        that are too many there, while others wait."""
        if job is None:
            self._kept.pop(session, None)
            return ()
        domain = self._kept[session] = job.domain
        there = [one for one, kept in self._kept.items() if kept == domain]
        if len(there) >= self._half:
            self._slow[domain] = now + SLOW
        return there[self._few :] if domain in self._slow and self.others_wait(waiting) else ()

    def _forget(self, now: float) -> None:
        for domain in [domain for domain, (until, _) in self._broken.items() if until < now]:
            del self._broken[domain]
        for domain in [domain for domain, until in self._slow.items() if until < now]:
            del self._slow[domain]
