"""Several connections in a thread of their own, fed by windows of parcels."""

import asyncio
import logging
import re
import threading
from collections import deque
from collections.abc import Callable, Sequence

from django.conf import settings

from tifo.delivery.adapters.smtp.address import ServerAddress, server_address
from tifo.delivery.adapters.smtp.detour import Detour
from tifo.delivery.adapters.smtp.session import Session
from tifo.delivery.adapters.smtp.terms import Job, NoService, Patience
from tifo.delivery.ports import Flight, Outcome, Parcel, Transport, Verdict
from tifo.delivery.rules.allow import allow_list
from tifo.kernel.public import outside_transactions

log = logging.getLogger(__name__)

MAX_FRUITLESS = 10  # connections that may break one after the other without a single answer about a message
MAX_TRIES = 3  # connections that may break at a parcel before its body begins, until its domain is left alone

# What SMTP can carry between < and > without extensions: printable ASCII, no blank, no angle bracket.
_ADDRESS = re.compile(r"[!-;=?-~]{1,64}@[!-;=?-~]{1,255}")


class SmtpFlight:
    """A window under way."""

    def __init__(self, size: int) -> None:
        self._outcomes: list[Outcome | None] = [None] * size
        self._open = size
        self._new: deque[tuple[int, Outcome]] = deque()
        self._finished = threading.Event()
        if not size:
            self._finished.set()

    def settle(self, index: int, outcome: Outcome) -> None:
        """Called in the transport's thread, once for each parcel."""
        if self._outcomes[index] is None:
            self._outcomes[index] = outcome
            self._new.append((index, outcome))
            self._open -= 1
            if not self._open:
                self._finished.set()

    def done(self) -> bool:
        """Whether every parcel has its outcome."""
        return self._finished.is_set()

    def settled(self) -> list[tuple[int, Outcome]]:
        """Outcomes that came since this was asked last."""
        return [self._new.popleft() for _ in range(len(self._new))]

    def wait(self, seconds: float | None = None) -> list[Outcome]:
        """The outcomes, in the order of the parcels; raises TimeoutError."""
        if not self._finished.wait(seconds):
            raise TimeoutError("the window is still under way")
        return [outcome for outcome in self._outcomes if outcome is not None]


class SmtpTransport:
    """Hands parcels to one mail server over `server.connections` connections at most, which it keeps open."""

    def __init__(
        self, server: ServerAddress, allowed: Callable[[str], bool], patience: Patience | None = None
    ) -> None:
        self._server, self._allowed, self._patience = server, allowed, patience or Patience()
        self._waiting: deque[Job] = deque()
        self._detour: Detour[Session] = Detour(server.connections)
        self._timed: dict[Job, asyncio.TimerHandle] = {}
        self._sessions: set[Session] = set()
        self._starting = 0
        self._fruitless = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopped = False
        self._closed = False
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="smtp", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()
        self._loop.close()

    # -- the port ------------------------------------------------------------------------------------------

    def allows(self, recipient: str) -> bool:
        """Whether the allow-list lets this address through."""
        return self._allowed(recipient)

    def hand_over(self, parcels: Sequence[Parcel]) -> Flight:
        """Begin to hand over; returns at once."""
        if self._closed:
            raise RuntimeError("this transport is closed")
        outside_transactions()
        flight = SmtpFlight(len(parcels))
        jobs = []
        for index, parcel in enumerate(parcels):
            refusal = self._refusal(parcel)
            if refusal is None:
                jobs.append(Job((flight, index), parcel))
            else:
                flight.settle(index, refusal)
        if jobs:
            self._loop.call_soon_threadsafe(self._enqueue, jobs)
        return flight

    def _refusal(self, parcel: Parcel) -> Outcome | None:
        if not self._allowed(parcel.recipient):
            return Outcome(Verdict.FORBIDDEN, "allow-list", 0, "outside TIFO_ALLOWED_RECIPIENTS")
        if not (_ADDRESS.fullmatch(parcel.recipient) and _ADDRESS.fullmatch(parcel.sender)):
            return Outcome(Verdict.REFUSED, "address", 0, "not an address that SMTP can carry")
        if not parcel.wire_safe and _bare_line_end(parcel.content):
            return Outcome(Verdict.REFUSED, "content", 0, "a bare CR or LF in the message")
        return None

    def stop(self) -> None:
        """Begin nothing more; what has not begun comes back as deferred."""
        self._loop.call_soon_threadsafe(self._stop)

    def close(self) -> None:
        """Finish what is under way, say goodbye, end the thread."""
        if self._closed:
            return
        self._closed = True
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def __enter__(self) -> "SmtpTransport":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    # -- in the transport's thread -------------------------------------------------------------------------

    def _enqueue(self, jobs: list[Job]) -> None:
        now = self._loop.time()
        for job in jobs:
            slot = job.parcel.slot
            if slot is not None and slot.begins is not None and slot.begins > now:
                self._timed[job] = self._loop.call_at(slot.begins, self._begin, job)
            else:
                self._waiting.append(job)
        if self._stopped:
            self._defer_waiting("stopped")
            return
        self._wake()

    def _begin(self, job: Job) -> None:
        """Its slot begins."""
        del self._timed[job]
        self._waiting.append(job)
        self._wake()

    def _wake(self) -> None:
        for session in tuple(self._sessions):
            session.pump()
        self._grow()

    def _grow(self) -> None:
        """Open connections while there is more waiting than those open can take."""
        wanted = min(self._server.connections, len(self._sessions) + self._starting + len(self._waiting))
        for _ in range(wanted - len(self._sessions) - self._starting):
            self._starting += 1
            task = self._loop.create_task(self._start_session())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _start_session(self) -> None:
        session = Session(self, self._server, self._patience)
        self._sessions.add(session)
        self._starting -= 1
        try:
            await session.start()
        except NoService as error:
            self._sessions.discard(session)
            self._no_service(str(error))

    def _no_service(self, reason: str) -> None:
        if not self._sessions and not self._starting:
            self._defer_waiting(reason)

    def _defer_waiting(self, reason: str) -> None:
        waiting = [*self._waiting, *self._detour.parked]
        self._waiting.clear()
        self._detour.parked.clear()
        for job in waiting:
            self.settle(job, Outcome(Verdict.DEFERRED, "connect", 0, reason[:200]))

    def take(self, *, alone: bool) -> Job | None:
        """A session asks for work."""
        if not self._waiting:
            return None
        if not self._detour.needed and self._waiting[0].parcel.slot is None:
            return self._waiting.popleft()
        chosen, settled = self._detour.choose(self._waiting, alone=alone, now=self._loop.time())
        for job, outcome in settled:
            self.settle(job, outcome)
        return chosen

    def settle(self, job: Job, outcome: Outcome) -> None:
        """A session says what became of a parcel."""
        if outcome.code == 421 and outcome.stage != "MAIL":
            self._detour.leave_alone(job.domain, self._loop.time(), outcome.text)
        elif outcome.code:
            self._fruitless = 0
        self._free(job)
        flight, index = job.place
        flight.settle(index, outcome)

    def _free(self, job: Job) -> None:
        """It is not under way any more: another to its destination may be."""
        if (job.counted or job.slow) and self._detour.free(job):
            self._waiting.extendleft(reversed(self._detour.parked))
            self._detour.parked.clear()
            self._loop.call_soon(self._wake)

    def put_back(self, jobs: list[Job], reason: str, broke_at: Job | None) -> None:
        """A session ended before the bodies of these began. It broke at one; the others only came after it."""
        for job in reversed(jobs):
            job.tries += job is broke_at
            if self._stopped:
                self.settle(job, Outcome(Verdict.DEFERRED, "connect", 0, reason[:200]))
            elif job.tries >= MAX_TRIES:
                self._detour.leave_alone(job.domain, self._loop.time(), reason)
                self.settle(job, Outcome(Verdict.DEFERRED, "dropped", 0, reason[:200]))
            else:
                self._free(job)
                self._waiting.appendleft(job)

    def kept_waiting(self, session: Session, job: Job | None) -> None:
        """A session waits long for an answer, or does no more."""
        for other in self._detour.kept_waiting(session, job, self._waiting, self._loop.time()):
            other.give_way()

    def ended(self, session: Session, reason: str) -> None:
        """A session is over; those that wait need another."""
        was_ready = session.ready
        self._sessions.discard(session)
        self._detour.kept_waiting(session, None, (), 0)
        if not self._waiting:
            return
        self._fruitless += was_ready and not session.gave_way
        if was_ready and self._fruitless < MAX_FRUITLESS:
            self._grow()
        else:
            self._no_service(reason)

    def _stop(self) -> None:
        self._stopped = True
        for job, timer in self._timed.items():
            timer.cancel()
            self._waiting.append(job)
        self._timed.clear()
        self._defer_waiting("stopped")

    async def _close(self) -> None:
        self._stop()
        for session in tuple(self._sessions):
            session.leave()
        deadline = self._loop.time() + self._patience.final + 1
        while self._sessions and self._loop.time() < deadline:
            await asyncio.sleep(0.01)
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.sleep(0)


def _bare_line_end(content: bytes) -> bool:
    """Whether a CR or LF stands alone: what follows it could pass for commands of our own (SMTP smuggling)."""
    paired = content.replace(b"\r\n", b"  ")  # as long as before: the quickest way to find out
    return b"\r" in paired or b"\n" in paired


def open_transport(url: str = "") -> Transport:
    """The transport that the settings describe; `url` replaces TIFO_SMTP_URL."""
    return SmtpTransport(
        server_address(url or settings.TIFO_SMTP_URL),
        allow_list(settings.TIFO_ENV, settings.TIFO_ALLOWED_RECIPIENTS),
    )
