"""Pacing: slots, shares and connections of destinations, claimed as rows for a window at a time (M13).

Nothing here is needed, and two small reads a second are all it costs, where no cap is set and no destination rests.
"""

import secrets
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from django.db import connection, transaction

from tifo.delivery.actions import statements as sql
from tifo.delivery.models import DayCount, Destination, Lane
from tifo.delivery.ports import Outcome, Slot, Verdict
from tifo.delivery.queries.paces import pace_rules
from tifo.delivery.rules import pace, retry
from tifo.delivery.rules.retry import Trouble
from tifo.delivery.types import Claimed
from tifo.kernel.public import clock, jobs, revisions, without_addresses

FRESH = 1.0  # seconds for which a crossing believes what it read of rules and rests
LANE_DEAD = 60.0  # seconds without a beat, as we saw them pass, until a connection is taken from its holder
CROWDED = 5.0  # seconds until who found no connection asks again
_REST_OF = (Trouble.BUSY, Trouble.SLOW)

_looked: dict[str, float] = {}  # when this process last saw a destination's row
_beats: dict[
    tuple[str, int], tuple[str, int, float]
] = {}  # of a lane: owner, beat, since when it stands still
_anchor: list[float] = []  # the clock as this process first saw it, and its own time then


def _own() -> float:
    """Seconds that nobody can set; asleep or not."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def now() -> float:
    """The database's clock: one for all hosts. Where it jumps, this process goes on as before."""
    if connection.vendor == "postgresql":
        told = float(sql.fetch("SELECT extract(epoch FROM clock_timestamp())")[0][0])
    else:
        told = time.time()
    if not _anchor:
        _anchor.extend((told, _own()))
    return pace.believed(told, _anchor[0] + _own() - _anchor[1])


@dataclass
class Turn:
    """Of a window: its messages that may go now, the slots of those that are bound, how many come back later."""

    go: Sequence[Claimed]
    slots: dict[int, Slot] = field(default_factory=dict)
    later: int = 0


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower()


class Pacer:
    """The dealings of one crossing with the destinations."""

    def __init__(self, sender: str) -> None:
        self._sender = _domain(sender)
        self._token = f"{jobs.me()}:{secrets.token_hex(4)}"
        self._rules, self._resting, self._read_at = pace.Rules(()), dict[str, float](), 0.0
        self._noted: frozenset[str] = frozenset()  # destinations that had trouble and took nothing since
        self._lanes: dict[str, int] = {}

    def turn(self, window: Sequence[Claimed]) -> Turn:
        """Who of a window goes now; who doesn't is planned for later, in a transaction of its own."""
        self._read()
        if not window or not (self._rules or self._resting):
            return Turn(window)
        domains = {one.message_id: _domain(one.email) for one in window}
        back: dict[int, datetime] = {}
        if self._resting:
            self._rest(domains, back)
        queues: dict[tuple[str, ...], list[int]] = defaultdict(list)
        bindings: dict[str, pace.Rule] = {}
        for message_id, domain in domains.items():
            bound = self._rules.binding(domain) if message_id not in back else ()
            if bound:
                bindings.update((one.key, one.rule) for one in bound)
                queues[tuple(one.key for one in bound)].append(message_id)
        slots: dict[int, Slot] = {}
        if queues or back:
            with transaction.atomic():
                if queues:
                    slots = self._give(queues, bindings, back)
                _plan_later(back, window[0].owner)
        return Turn([one for one in window if one.message_id not in back], slots, len(back))

    def _read(self) -> None:
        if self._read_at and time.monotonic() - self._read_at < FRESH:
            return
        self._rules, self._read_at = pace_rules(), time.monotonic()
        held = sql.fetch("SELECT key, hold_until FROM delivery_destination WHERE hold_until IS NOT NULL")
        self._noted, moment = frozenset(key for key, _ in held), clock.now().timestamp()
        self._resting = {key: until - moment for key, until in held if until > moment}

    def _rest(self, domains: dict[int, str], back: dict[int, datetime]) -> None:
        """A destination in trouble rests: its messages come back after it, a little apart."""
        moment = clock.now()
        for number, (message_id, domain) in enumerate(domains.items()):
            rest = self._resting.get(self._rules.place(domain))
            if rest is not None:
                back[message_id] = moment + timedelta(seconds=rest * (1 + (number % 89) / 890))

    # -- slots ---------------------------------------------------------------------------------------------

    def _give(
        self,
        queues: dict[tuple[str, ...], list[int]],
        bindings: dict[str, pace.Rule],
        back: dict[int, datetime],
    ) -> dict[int, Slot]:
        """Slots for a window, the destinations' rows locked; who gets none stands in `back`."""
        rows = _locked(sorted(bindings))
        asked, moment = time.monotonic(), now()  # after the locks: others may have kept us waiting
        begun = time.monotonic()
        written = (
            moment + begun - asked
        )  # no slot is later than the row will say, however long the clock's answer took
        today = datetime.fromtimestamp(moment, UTC).date()
        used = self._used(bindings, today)
        standing = {}
        for key, rule in bindings.items():
            row, own = rows[key], _own()
            looked = _looked.get(key)
            passed = pace.elapsed(moment, row.at, None if looked is None else own - looked)
            _looked[key] = own
            share = rule.share(today)
            standing[key] = pace.Standing(
                rule.spacing,
                max(row.ahead - passed, 0.0),
                max(row.tail - passed, 0.0),
                None if share is None else share - used.get(key, 0),
                self._width(key, rule.connections) if rule.connections else None,
            )
        left = {key: one.left for key, one in standing.items()}
        table = pace.timetable(queues, standing)
        for key, one in standing.items():
            row = rows[key]
            row.at, row.ahead, row.tail = written, one.ahead, one.tail
            before, after = left[key], one.left
            if before is not None and after is not None and before != after:
                self._spend(key, today, before - after)
        Destination.objects.bulk_update(list(rows.values()), ["at", "ahead", "tail"])
        planned = clock.now()
        midnight = datetime.combine(today + timedelta(days=1), datetime.min.time(), UTC)
        tomorrow = planned + timedelta(seconds=max(midnight.timestamp() - moment, 0.0))
        back.update((message, planned + timedelta(seconds=after)) for message, after in table.back.items())
        back.update((message, tomorrow) for message in table.tomorrow)
        back.update((message, planned + timedelta(seconds=CROWDED)) for message in table.crowded)
        widths = {
            message: tuple((key, one.width) for key in keys if (one := standing[key]).width is not None)
            for keys, messages in queues.items()
            for message in messages
        }
        return {
            message: Slot(
                None if after is None else begun + after,
                None if after is None else begun + after + pace.LATE,
                widths[message],
            )
            for message, after in table.go.items()
        }

    def _used(self, bindings: dict[str, pace.Rule], today: date) -> dict[str, int]:
        counted = [key for key, rule in bindings.items() if rule.share(today) is not None]
        if not counted:
            return {}
        rows = DayCount.objects.filter(key__in=counted, sender=self._sender, day=today)
        return dict(rows.values_list("key", "used"))

    def _spend(self, key: str, today: date, count: int) -> None:
        sql.run(
            "INSERT INTO delivery_day_count (key, sender, day, used) VALUES (%s, %s, %s, %s) "
            "ON CONFLICT (key, sender, day) DO UPDATE SET used = delivery_day_count.used + %s",
            [key, self._sender, today, count, count],
        )

    # -- connections ---------------------------------------------------------------------------------------

    def _width(self, key: str, cap: int) -> int:
        """How many connections are ours, those that are free or left by the dead taken; the row is locked."""
        lanes = {lane.number: lane for lane in Lane.objects.filter(key=key)}
        mine = [number for number, lane in lanes.items() if lane.owner == self._token and number <= cap]
        if mine:
            Lane.objects.filter(key=key, owner=self._token).update(beat=secrets.randbits(62))
            return len(mine)
        free = [number for number in range(1, cap + 1) if number not in lanes or _left(key, lanes[number])]
        taken = free[: (len(free) + 1) // 2]  # the half: others come too
        Lane.objects.filter(key=key, number__in=taken).delete()
        Lane.objects.bulk_create(
            Lane(key=key, number=number, owner=self._token, beat=secrets.randbits(62)) for number in taken
        )
        if taken:
            self._lanes[key] = len(taken)
        return len(taken)

    def beat(self) -> None:
        """Say that we live, while waiting for the mail server."""
        if self._lanes:
            Lane.objects.filter(owner=self._token).update(beat=secrets.randbits(62))

    def leave(self) -> None:
        """Nothing of ours is under way any more."""
        if self._lanes:
            Lane.objects.filter(owner=self._token).delete()
            self._lanes = {}

    # -- what servers say ----------------------------------------------------------------------------------

    def note(self, arrived: Iterable[tuple[Claimed, Outcome]]) -> None:
        """Let a destination rest that wants less of us, in the caller's transaction; one that takes again may go on."""
        troubled: dict[str, tuple[Trouble, Outcome]] = {}
        fine: set[str] = set()
        for one, outcome in arrived:
            if outcome.verdict is Verdict.ACCEPTED:
                if self._noted:
                    fine.add(self._rules.place(_domain(one.email)))
            elif outcome.verdict is Verdict.DEFERRED and outcome.stage not in ("connect", "pace"):
                kind = retry.trouble(outcome.stage, outcome.code, outcome.text)
                if kind in _REST_OF:
                    troubled.setdefault(self._rules.place(_domain(one.email)), (kind, outcome))
        if troubled:
            _rest_all(troubled)
            self._read_at = 0.0
        if fine := (fine & self._noted) - troubled.keys():
            Destination.objects.filter(key__in=fine).update(hold_until=None, fails=0, says="")


def _left(key: str, lane: Lane) -> bool:
    """Whether a lane's holder is dead: his process ended, or it stood still as long as we watched."""
    place, own = (key, lane.number), _own()
    owner, beat, since = _beats.get(place, ("", 0, own))
    if (owner, beat) != (lane.owner, lane.beat):
        _beats[place] = (lane.owner, lane.beat, own)
        since = own
    return jobs.is_dead(lane.owner) or own - since > LANE_DEAD


def _locked(keys: Sequence[str]) -> dict[str, Destination]:
    """The destinations' rows, made where they are missing, locked in one order."""
    Destination.objects.bulk_create([Destination(key=key, at=now()) for key in keys], ignore_conflicts=True)
    return {
        row.key: row for row in Destination.objects.select_for_update().filter(pk__in=keys).order_by("key")
    }


def _rest_all(troubled: dict[str, tuple[Trouble, Outcome]]) -> None:
    rows, moment = (
        _locked(sorted(troubled)),
        clock.now().timestamp(),
    )  # a rest that a jump cuts short harms nobody
    for key, (kind, outcome) in troubled.items():
        row = rows[key]
        if row.hold_until is not None and row.hold_until > moment:
            continue  # several of one moment are one trouble
        row.fails += 1
        wait = retry.pause(row.fails, kind, retry.asked(outcome.text))
        row.hold_until = moment + wait.total_seconds()
        row.says = without_addresses(f"{outcome.stage}: {outcome.text}")[:200]
        row.save(update_fields=["fails", "hold_until", "says"])


def _plan_later(back: dict[int, datetime], owner: str) -> None:
    """Claimed messages back to planned, each with its moment, rounded to whole seconds so that they come together."""
    moment, rev = sql.moment(clock.now()), revisions.current()
    together: dict[datetime, list[int]] = defaultdict(list)
    for message_id, due in back.items():
        together[due.replace(microsecond=0) + timedelta(seconds=1)].append(message_id)
    for due, numbers in sorted(together.items()):
        sql.run(
            "UPDATE delivery_message SET state = 'planned', owner = '', due_at = %s, at = %s, rev = %s "
            f"WHERE id IN ({sql.ids(numbers)}) AND state = 'claimed' AND owner = %s",
            [sql.moment(due), moment, rev, owner],
        )


def forget_idle() -> int:
    """Rows of destinations and days that nobody needs any more; how many."""
    old = now() - timedelta(days=1).total_seconds()
    gone, _ = Destination.objects.filter(at__lt=old, hold_until__isnull=True).delete()
    rested, _ = Destination.objects.filter(hold_until__lt=old, at__lt=old).delete()
    days, _ = DayCount.objects.filter(day__lt=clock.now().date() - timedelta(days=90)).delete()
    return gone + rested + days
