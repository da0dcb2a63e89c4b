"""Reading the log of a Postfix of our own, also where it was rotated.

A message is taken when the queue manager takes up its queue file ("queue active"), not when `cleanup` names its
Message-ID: that stands there before the message is whole. A queue file whose connection broke in the text is gone.
"""

import gzip
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TextIO

from tifo.delivery.ports import Heard, OpenSession
from tifo.kernel.public import clock

_LINE = re.compile(
    r"^(?P<time>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\S+) \S+ "
    r"(?P<program>\S*/?(?:smtpd|cleanup|qmgr|master|postfix-script))\[(?P<pid>\d+)\]: (?P<text>.*)$"
)
_QUEUED = re.compile(r"^(?P<id>[0-9A-Za-z]+): (?P<what>.*)$")
_OURS = re.compile(r"<(\d+)\.(\d+)\.[^@>\s]+@[^>\s]+>")
_CUT = re.compile(r"^(?:lost connection|timeout|improper command pipelining) after (?:DATA|BDAT)\b")
_DIED = re.compile(r"smtpd pid (\d+) (?:killed|exit)")
_LOST_LINES = re.compile(r"rate-limit|messages lost|Suppressed \d+ messages|message repeated", re.IGNORECASE)
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()  # noqa: SIM905  reads like the log


@dataclass
class _Session:
    begun: datetime
    current: "_Entry | None" = None
    last_id: str = ""
    last_at: datetime | None = None


@dataclass
class _Entry:
    """A queue file."""

    session: _Session
    message_id: str = ""
    taken: str = ""
    gone: bool = False


@dataclass
class _Reading:
    wanted: frozenset[str]
    since: datetime | None = None
    until: datetime | None = None
    gap: bool = False  # lines were lost, none came since
    sessions: dict[str, _Session] = field(default_factory=dict)
    queue: dict[str, _Entry] = field(default_factory=dict)
    found: dict[str, list[_Entry]] = field(default_factory=dict)
    numbers: dict[tuple[str, ...], str] = field(
        default_factory=dict
    )  # mailing, message: the Message-ID wanted
    strangers: set[str] = field(default_factory=set)


class PostfixLog:
    """The log file at `path`, with what was rotated away beside it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self, wanted: Collection[str], since: datetime) -> Heard:
        """What the log says of these Message-IDs, and from when on nothing of it is missing."""
        now = clock.now()
        numbers = {match.groups(): name for name in wanted if (match := _OURS.fullmatch(name))}
        reading = _Reading(frozenset(wanted), numbers=numbers)
        for path in self._files(since):
            with _opened(path) as lines:
                for line in lines:
                    _take(reading, line, now)
        taken = {
            name: entry.taken for name, entries in reading.found.items() for entry in entries if entry.taken
        }
        unclear = {
            name
            for name, entries in reading.found.items()
            if name not in taken and any(not entry.gone for entry in entries)
        }
        unclear |= reading.strangers - set(taken)
        return Heard(
            since=None if reading.gap else reading.since,
            until=reading.until,
            taken=taken,
            unclear=frozenset(unclear),
            sessions=tuple(
                OpenSession(one.begun, one.last_id, one.last_at) for one in reading.sessions.values()
            ),
        )

    def _files(self, since: datetime) -> list[Path]:
        """Those that may hold lines of then and later, the oldest first; the newest older one too, for the seam."""
        files = sorted(
            (path for path in self._path.parent.glob(f"{self._path.name}*") if path.is_file()),
            key=lambda path: (path == self._path, path.stat().st_mtime),
        )
        older = [path for path in files if datetime.fromtimestamp(path.stat().st_mtime, UTC) < since]
        return files[max(len(older) - 1, 0) :]


def _opened(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", errors="replace")
    return path.open(encoding="utf-8", errors="replace")


def _moment(text: str, now: datetime) -> datetime:
    """A line's time; the old form has neither year nor zone: the machine's own, the year that is not to come."""
    if text[0].isdigit():
        said = datetime.fromisoformat(text)
        return said if said.tzinfo else said.astimezone(UTC)
    month, day, hour = text.split()
    local = now.astimezone()
    hours, minutes, seconds = (int(part) for part in hour.split(":"))
    said = local.replace(
        month=_MONTHS.index(month) + 1,
        day=int(day),
        hour=hours,
        minute=minutes,
        second=seconds,
        microsecond=0,
    )
    return said if said <= local + timedelta(days=1) else said.replace(year=local.year - 1)


def _take(reading: _Reading, line: str, now: datetime) -> None:
    match = _LINE.match(line)
    if match is None:
        reading.gap = reading.gap or bool(_LOST_LINES.search(line))
        return
    at = _moment(match["time"], now)
    if reading.since is None or reading.gap:
        reading.since, reading.gap = at, False
    reading.until = at
    program, pid, text = match["program"].rpartition("/")[2], match["pid"], match["text"]
    if program == "smtpd":
        _smtpd(reading, pid, text, at)
    elif program == "cleanup":
        _cleanup(reading, text, at)
    elif program == "qmgr":
        _qmgr(reading, text, at)
    elif program == "master" and ("daemon started" in text or text.startswith("terminating")):
        reading.sessions.clear()  # whoever was connected is not any more
    elif program == "master" and (died := _DIED.search(text)):
        reading.sessions.pop(died[1], None)


def _qmgr(reading: _Reading, text: str, at: datetime) -> None:
    queued = _QUEUED.match(text)
    entry = reading.queue.get(queued["id"]) if queued else None
    if queued is None or entry is None:
        return
    if queued["what"].endswith("(queue active)"):
        entry.taken = entry.taken or f"relay log, {at:%Y-%m-%d %H:%M:%S}, queue id {queued['id']}"
    elif queued["what"] == "removed":
        del reading.queue[queued["id"]]


def _smtpd(reading: _Reading, pid: str, text: str, at: datetime) -> None:
    if text.startswith("connect from"):
        reading.sessions[pid] = _Session(at)
        return
    session = reading.sessions.get(pid) or _Session(at)
    if text.startswith("disconnect from"):
        reading.sessions.pop(pid, None)
    elif _CUT.match(text):
        if session.current is not None:
            session.current.gone = True
    elif queued := _QUEUED.match(text):
        if queued["what"].startswith("client="):
            reading.sessions[pid] = session
            session.current = reading.queue[queued["id"]] = _Entry(session)
        elif queued["what"].startswith(("reject: DATA", "reject: BDAT", "reject: END-OF-MESSAGE")) and (
            entry := reading.queue.get(queued["id"])
        ):
            entry.gone = True


def _cleanup(reading: _Reading, text: str, at: datetime) -> None:
    queued = _QUEUED.match(text)
    entry = reading.queue.get(queued["id"]) if queued else None
    if queued is None or entry is None:
        return
    what = queued["what"]
    if what.startswith(("milter-reject: END-OF-MESSAGE", "reject: ")):
        entry.gone = True
    elif what.startswith("message-id="):
        entry.message_id = what.removeprefix("message-id=")
        entry.session.last_id, entry.session.last_at = entry.message_id, at
        if entry.message_id in reading.wanted:
            reading.found.setdefault(entry.message_id, []).append(entry)
        elif (ours := _OURS.fullmatch(entry.message_id)) and ours.groups() in reading.numbers:
            # the same numbers under another signature: another base, or a key that was changed; nothing follows from it
            reading.strangers.add(reading.numbers[ours.groups()])


def open_relay_log(place: str) -> PostfixLog:
    """The log that TIFO_RELAY_LOG names, a path."""
    return PostfixLog(Path(place))
