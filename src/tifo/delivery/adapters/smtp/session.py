"""One connection to a mail server, pipelined: replies drive it, so a message costs no task and no future.

With CHUNKING up to DEPTH messages are on their way at once. Without it the next envelope travels with the last
bytes of the body before it, so that only the server's 354 is waited for.
"""

import asyncio
import logging
import socket
import time
from collections import deque
from typing import Literal, Protocol, cast

from tifo.delivery.adapters.smtp.address import ServerAddress
from tifo.delivery.adapters.smtp.greeting import greet
from tifo.delivery.adapters.smtp.replies import Reply, ReplyReader, Rubbish
from tifo.delivery.adapters.smtp.terms import Job, NoService, Patience, verdict_of
from tifo.delivery.adapters.smtp.wire import notice_silence, stuffed
from tifo.delivery.ports import Outcome, Verdict

log = logging.getLogger(__name__)

DEPTH = 4  # messages in doubt at most, when a connection breaks
Stage = Literal["RSET", "MAIL", "RCPT", "DATA", "BDAT", "body", "void", "QUIT"]


class Pool(Protocol):
    """What a session needs of the pool that owns it."""

    def take(self, *, alone: bool) -> Job | None:
        """The next parcel; `alone`: nothing else is under way on this connection."""

    def settle(self, job: Job, outcome: Outcome) -> None:
        """This became of it."""

    def put_back(self, jobs: list[Job], reason: str, broke_at: Job | None) -> None:
        """Nothing of these left: somebody else may try."""

    def kept_waiting(self, session: "Session", job: Job | None) -> None:
        """The session has waited long for an answer about this one; None: it does no more."""

    def ended(self, session: "Session", reason: str) -> None:
        """The session is over."""


class Session(asyncio.BufferedProtocol):
    """A dialogue with one server."""

    def __init__(self, pool: Pool, server: ServerAddress, patience: Patience) -> None:
        self._pool, self._server, self._patience = pool, server, patience
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._reader = ReplyReader()
        self._incoming = memoryview(bytearray(16_384))
        self._setup: deque[Reply] = deque()
        self._waiter: asyncio.Future[Reply] | None = None
        self._features: frozenset[str] = frozenset()
        self._steps: deque[tuple[Stage, Job | None]] = deque()  # replies that must still come
        self._held: deque[tuple[Stage, Job | None]] = deque()  # commands not written yet
        self._open: list[Job] = []  # jobs taken and not settled
        self._written = 0
        self._since = 0.0
        self._dirty = False
        self._over = False
        self._reason = "the connection was closed"
        self._watch: asyncio.TimerHandle | None = None
        self.ready = False
        self.leaving = False
        self.gave_way = False

    # -- setting up -----------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Connect, greet, encrypt, sign in; raises NoService."""
        patience = self._patience.connect
        try:
            tls = self._server.ssl_context() if self._server.encryption == "tls" else None
            async with asyncio.timeout(patience):
                await self._loop.create_connection(
                    lambda: self,
                    self._server.host,
                    self._server.port,
                    ssl=tls,
                    server_hostname=self._server.host if tls else None,
                )
            async with asyncio.timeout(self._patience.reply):
                self._features = await greet(self, self._server)
        except TimeoutError:
            self._abort("no answer in time")
            raise NoService(self._reason) from None
        except (OSError, Rubbish, NoService) as error:
            self._abort(str(error) or type(error).__name__)
            raise NoService(self._reason) from None
        if self._over:
            raise NoService(self._reason)
        self.ready = True
        self._since = time.monotonic()
        self._tick()
        self.pump()

    async def reply(self) -> Reply:
        """The next reply of the greeting; raises NoService."""
        if self._setup:
            return self._setup.popleft()
        if self._over:
            raise NoService(self._reason)
        self._waiter = self._loop.create_future()
        return await self._waiter

    async def ask(self, line: str) -> Reply:
        """Write a line of the greeting and wait for its reply."""
        self._write(line.encode("ascii") + b"\r\n")
        return await self.reply()

    async def encrypt(self) -> None:
        """Go on in TLS; raises NoService."""
        if not self._reader.empty or self._setup:
            raise NoService("the server spoke between STARTTLS and encryption: nothing was sent")
        encrypted = await self._loop.start_tls(
            self._socket(), self, self._server.ssl_context(), server_hostname=self._server.host
        )
        if encrypted is None:
            raise NoService("encryption could not be started: nothing was sent")
        self._transport = encrypted

    # -- asyncio's calls ------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        raw = transport.get_extra_info("socket")
        if raw is not None and raw.family in (socket.AF_INET, socket.AF_INET6):
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            notice_silence(raw)

    def get_buffer(self, sizehint: int) -> memoryview:
        """One buffer for the connection's life: replies are short, and a fresh one each time is not cheap."""
        del sizehint
        return self._incoming

    def buffer_updated(self, nbytes: int) -> None:
        """So many bytes have come."""
        try:
            for reply in self._reader.feed(bytes(self._incoming[:nbytes])):
                if self.ready:
                    self._on_reply(reply)
                else:
                    self._on_setup_reply(reply)
                if self._over:
                    return
            if self.ready:
                self.pump()
        except Rubbish as error:
            self._abort(f"the server said {error}")
        except Exception:
            log.exception("an SMTP session failed")
            self._abort("an error of our own")

    def _on_setup_reply(self, reply: Reply) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(reply)
            self._waiter = None
        elif len(self._setup) < 10:
            self._setup.append(reply)
        else:
            raise Rubbish("replies that nobody asked for")

    def eof_received(self) -> bool:
        self._abort("the server closed the connection")
        return False

    def connection_lost(self, error: Exception | None) -> None:
        self._abort(f"the connection broke ({type(error).__name__})" if error else self._reason)

    # -- writing --------------------------------------------------------------------------------------------

    def _write(self, data: bytes) -> None:
        self._written += len(data)
        self._socket().write(data)

    def _socket(self) -> asyncio.Transport:
        if self._transport is None:
            raise NoService("not connected")
        return self._transport

    def pump(self) -> None:
        """Take and write as much as may be under way."""
        if self._over or not self.ready:
            return
        dropped = True
        while dropped:
            if not self.leaving:
                if "CHUNKING" in self._features:
                    while len(self._open) < DEPTH and self._take("BDAT"):
                        pass
                elif not self._open:
                    self._take("DATA")
            dropped = self._flush()
        if self.leaving and not self._steps and not self._held:
            self._say_goodbye()

    def _take(self, how: Literal["BDAT", "DATA"]) -> bool:
        if self._open and self._open[-1].slow:
            return False
        job = self._pool.take(alone=not self._open)
        if job is None:
            return False
        job.failure, job.begun = None, False
        self._open.append(job)
        if self._dirty or (how == "BDAT" and (self._steps or self._held)):
            self._held.append(("RSET", None))
            self._dirty = False
        self._held.extend((("MAIL", job), ("RCPT", job), (how, job)))
        return True

    def _flush(self) -> bool:
        """Write what is held: all of it to a server that pipelines, one command at a time to another.

        Whether a message was given up meanwhile, so that there is room for another.
        """
        if not self._held:
            return False
        pipelining = "PIPELINING" in self._features
        dropped = False
        parts: list[bytes] = []
        position = self._written
        while self._held and (pipelining or not self._steps):
            stage, job = self._held.popleft()
            if not pipelining and job is not None and job.failure is not None:
                self._held = deque(step for step in self._held if step[1] is not job)
                self._dirty = dropped = True
                self._settle(job, job.failure)
                continue
            if not self._steps:
                self._since = time.monotonic()
            self._steps.append((stage, job))
            for part in self._bytes_of(stage, job):
                parts.append(part)
                position += len(part)
            if job is not None and job.begun and not job.end:
                job.end = position
        if parts:
            self._write(b"".join(parts))
        return dropped

    def _bytes_of(self, stage: Stage, job: Job | None) -> tuple[bytes, ...]:
        if job is None:
            return (b"RSET\r\n",)
        parcel = job.parcel
        if stage == "MAIL":
            wide = b" BODY=8BITMIME" if "8BITMIME" in self._features and not parcel.content.isascii() else b""
            return (b"MAIL FROM:<", parcel.sender.encode("ascii"), b">", wide, b"\r\n")
        if stage == "RCPT":
            return (b"RCPT TO:<", parcel.recipient.encode("ascii"), b">\r\n")
        if stage == "DATA":
            return (b"DATA\r\n",)
        job.begun, job.end = True, 0
        if stage == "BDAT":
            return (b"BDAT %d LAST\r\n" % len(parcel.content), parcel.content)
        content = parcel.content if parcel.wire_safe else stuffed(parcel.content)
        return (content, b".\r\n" if content.endswith(b"\r\n") else b"\r\n.\r\n")

    # -- replies --------------------------------------------------------------------------------------------

    def _on_reply(self, reply: Reply) -> None:
        if not self._steps:
            if reply.code == 421:
                self._abort(f"421 {reply.text}")
                return
            raise Rubbish("a reply that nobody asked for")
        stage, job = self._steps.popleft()
        self._since = time.monotonic()
        if job is None:
            if stage == "RSET" and reply.code != 250:
                self._abort(f"RSET: {reply.code} {reply.text}")
            return
        if stage in ("MAIL", "RCPT"):
            if reply.code >= 300 and job.failure is None:
                job.failure = verdict_of(reply, stage)
        elif stage == "DATA":
            self._on_data(reply, job)
        else:
            outcome = job.failure or verdict_of(reply, stage)
            if stage == "BDAT" and outcome.verdict is not Verdict.ACCEPTED:
                self._dirty = True
            self._settle(job, outcome)
        if reply.code == 421:
            self._abort(f"421 {reply.text}")

    def _on_data(self, reply: Reply, job: Job) -> None:
        if reply.code == 354 and job.failure is None:
            # the next envelope travels with this body
            self._held.appendleft(("body", job))
            if not self.leaving and "PIPELINING" in self._features:
                self._take("DATA")
        elif reply.code == 354:
            self._write(b".\r\n")  # no recipient: an empty text, which the server must refuse
            self._steps.append(("void", job))
        else:
            outcome = job.failure or verdict_of(reply, "DATA")
            if outcome.verdict is Verdict.ACCEPTED:
                raise Rubbish("a code that can't be here")
            self._dirty = True
            self._settle(job, outcome)

    def _settle(self, job: Job, outcome: Outcome) -> None:
        self._open.remove(job)
        self._pool.settle(job, outcome)

    # -- ending ---------------------------------------------------------------------------------------------

    def _tick(self) -> None:
        """Look once in a while whether the server keeps us waiting; a trickle of bytes does not help it."""
        if self._over:
            return
        waited = time.monotonic() - self._since
        if self._steps:
            final = any(stage in ("body", "BDAT", "void") for stage, _ in self._steps)
            if waited > (self._patience.final if final else self._patience.reply):
                self._abort("no answer in time")
                return
        elif waited > self._patience.idle:
            self._say_goodbye()
        late = bool(self._steps) and waited > self._patience.slow
        self._pool.kept_waiting(self, self._steps[0][1] if late else None)
        if self._over:
            return
        patience = self._patience
        pace = min(patience.reply, patience.final, patience.idle, 2 * patience.slow) / 4
        self._watch = self._loop.call_later(min(pace, 1.0), self._tick)

    def give_way(self) -> None:
        """End, where the server has nothing yet of the message that it keeps us waiting with."""
        job = self._steps[0][1] if self._steps else None
        if job is not None and not job.begun and not self._over:
            job.failure = Outcome(Verdict.DEFERRED, "slow", 0, "no answer yet, and others wait")
            self.gave_way = True
            self._abort("others wait")

    def leave(self) -> None:
        """Finish what is under way, then say goodbye."""
        self.leaving = True
        if self.ready:
            self.pump()
        else:
            self._abort("stopped")

    def _say_goodbye(self) -> None:
        if self._transport is not None and not self._over:
            self._transport.write(b"QUIT\r\n")
            self._over = True
            self._end("goodbye", [], graceful=True)

    def _abort(self, reason: str) -> None:
        """End at once and say what became of each job."""
        if self._over:
            return
        self._over, self._reason = True, reason
        unsent = 0
        if self._transport is not None and not self._transport.is_closing():
            unsent = self._transport.get_write_buffer_size()
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(NoService(reason))
        untouched = []
        broke_at = self._steps[0][1] if self._steps else None
        for job in self._open:
            if job.failure is not None:
                self._pool.settle(job, job.failure)
            elif not job.begun:
                untouched.append(job)
            elif unsent and job.end > self._written - unsent:
                # its last byte never left this process, so no server can have taken it
                self._pool.settle(job, Outcome(Verdict.DEFERRED, "body", 0, reason))
            else:
                self._pool.settle(job, Outcome(Verdict.UNKNOWN, "body", 0, reason))
        self._open = []
        self._end(reason, untouched, graceful=False, broke_at=broke_at)

    def _end(self, reason: str, untouched: list[Job], *, graceful: bool, broke_at: Job | None = None) -> None:
        if self._watch is not None:
            self._watch.cancel()
        if self._transport is not None:
            if graceful:
                self._transport.close()
            else:
                self._transport.abort()
        if untouched:
            self._pool.put_back(untouched, reason, broke_at)
        self._pool.ended(self, reason)
