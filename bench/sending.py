"""Handing over to Postfix's smtp-sink, beside Postfix's smtp-source; and to a faster sink, by CHUNKING.

The number of messages does not grow with the base: it is enough that all workers work to the end.
"""

import json
import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import duckdb

from bench import newsletter
from bench.children import Done, StepError, free_port, own, run, serving, tifo
from bench.figures import Figure, Say, at_least, at_most
from bench.people import CONSENTING, JOINED_SECONDS

SENT = 60_000  # messages of a sending where the base has so many
CONNECTIONS = 12
WORKERS = 3
PROCESSOR_US = 100.0
LONGEST = 240.0  # seconds for all messages; far less is enough
PARTS = 5  # campaigns, each to other fans
FAST_MESSAGES, FAST_PROCESSES, FAST_RATE = 100_000, 3, 25_000.0


@dataclass(frozen=True)
class Letter:
    """A campaign: its name, which part of the base gets it, what it is made of."""

    name: str
    part: int
    slots: tuple[object, ...]
    filler: int = 1


SMALL = Letter("small-by-one", 0, (newsletter.TRUNK,))
SMALL_TOGETHER = Letter("small-by-workers", 1, (newsletter.TRUNK,))
USUAL = Letter("newsletter", 2, newsletter.USUAL)
LARGE = Letter("large-by-workers", 3, (newsletter.TRUNK,), 296)


@contextmanager
def sink(env: dict[str, str]) -> Iterator[int]:
    """Postfix's load sink; gives its port."""
    port = free_port()
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    command = ["smtp-sink", *user, f"127.0.0.1:{port}", "500"]
    if shutil.which("smtp-sink") is None:
        raise StepError("smtp-sink is not installed. On Debian or Ubuntu: sudo apt-get install postfix")
    with serving(command, env, port):
        yield port


def source(port: int, size: int, messages: int, env: dict[str, str]) -> float:
    """Messages/s of smtp-source: as large, as many connections, kept open as ours."""
    done = run(
        [
            "smtp-source", "-d", "-s", str(CONNECTIONS), "-m", str(messages), "-l", str(size),
            "-f", "a@games.example", "-t", "b@mail.example", f"127.0.0.1:{port}",
        ],
        env,
    )  # fmt: skip
    return messages / done.seconds


@dataclass(frozen=True)
class Sending:
    """Newsletters of a base of `fans` whose data lies where `env` says."""

    fans: int
    folder: Path
    env: dict[str, str]
    say: Say
    parts: int = PARTS

    def alone(self) -> None:
        """Small messages by one process, and the processor's work for one."""
        with sink(self.env) as port:
            file, size = self.letter(SMALL)
            theirs = source(port, size, self.messages, self.env)
            words = tifo("campaigns", "send", str(file), "--yes", "--wait", "--json")
            done = run(words, self.towards(port, CONNECTIONS))
        self._rate("one process", self.ledger(file.stem), theirs, size, done.megabytes)
        self._whole(done)

    def together(self, letter: Letter) -> None:
        """By several workers."""
        with sink(self.env) as port:
            file, size = self.letter(letter)
            theirs = source(port, size, self.messages, self.env)
            most = self.by_workers(file, self.towards(port, CONNECTIONS // WORKERS), self.ended)
        self._rate(f"{WORKERS} workers", self.ledger(file.stem), theirs, size, most)

    @property
    def messages(self) -> int:
        """About as many as a letter has."""
        return int(min(SENT, CONSENTING["newsletter"] * self.fans / self.parts))

    def letter(self, letter: Letter) -> tuple[Path, int]:
        """A campaign file for about SENT fans, those who joined in the `part`-th stretch of time; its bytes woven and
        with headers."""
        share = min(1 / self.parts, SENT / (CONSENTING["newsletter"] * self.fans))
        days = [int(edge * share * JOINED_SECONDS / 86_400) for edge in (letter.part, letter.part + 1)]
        first, until = (
            duckdb.execute("SELECT strftime(DATE '2022-06-01' + ?::INTEGER, '%Y-%m-%d')", [day]).fetchall()[
                0
            ][0]
            for day in days
        )
        path = self.folder / f"{letter.name}.yaml"
        audience = f'consents("newsletter") and joined >= {first} and joined < {until}'
        newsletter.write(path, letter.name, audience, letter.slots, letter.filler)
        return path, run(own("weaving", str(path)), self.env).said["bytes"] + 1500

    def towards(self, port: int, connections: int) -> dict[str, str]:
        """The environment of a sender."""
        return {**self.env, "TIFO_SMTP_URL": f"smtp://127.0.0.1:{port}?connections={connections}"}

    def by_workers(self, file: Path, env: dict[str, str], ended: Callable[[str], bool]) -> float:
        """Send with WORKERS workers; the memory of the largest."""
        run(tifo("campaigns", "send", str(file), "--yes", "--json"), env)
        with ExitStack() as up:
            workers = [up.enter_context(serving(tifo("worker"), env)) for _ in range(WORKERS)]
            end = time.monotonic() + LONGEST
            while not ended(file.stem):
                if time.monotonic() > end:
                    raise StepError(f"{file.stem} was not sent in {LONGEST:.0f} s")
                time.sleep(0.5)
        return max(worker.megabytes for worker in workers)

    def ended(self, name: str) -> bool:
        """Looked at past tifo: its command starts for longer than it looks, and would take the workers' processor."""
        base = sqlite3.connect(f"file:{quote(self.env['TIFO_DATA'])}/tifo.sqlite3?mode=ro", uri=True)
        asked = (
            "SELECT o.stage FROM campaigns_occurrence o JOIN campaigns_campaign c ON c.id = o.campaign_id "
            "WHERE c.name = ? ORDER BY o.number DESC LIMIT 1"
        )
        with closing(base):
            (stage,) = base.execute(asked, [name]).fetchone()
        return is_end(name, stage)

    def ledger(self, name: str) -> Any:
        """What the ledger says once all is settled."""
        said = run(own("ledger", name), self.env).said
        settled_by_now(said)
        return said

    def _rate(self, how: str, timing: Any, theirs: float, size: int, megabytes: float) -> None:
        self.say(rate_figure(self.fans, how, timing, theirs, size, megabytes))

    def _whole(self, done: Done) -> None:
        work = done.processor / done.said["accepted"] * 1e6
        self.say(
            Figure(
                "sending, all processor work",
                self.fans,
                work,
                "µs/message",
                megabytes=round(done.megabytes),
                aim=at_most(PROCESSOR_US, work, f"≤ {PROCESSOR_US:.0f} µs"),
            )
        )

    def transport(self) -> None:
        """The way over the wire alone: no ledger, no weaving."""
        done = run(own("smtp", "--connections", str(CONNECTIONS), "--json"), self.env)
        said = done.said
        self.say(
            Figure(
                "transport alone",
                self.fans,
                said["tifo_per_second"],
                "messages/s",
                said["smtp_source_per_second"],
                f"smtp-source, {said['size'] / 1000:.0f} kB, {CONNECTIONS} connections",
                round(done.megabytes),
                at_least(said["smtp_source_per_second"], said["tifo_per_second"], "≥ smtp-source"),
            )
        )
        self.say(
            Figure(
                "transport alone, processor",
                self.fans,
                said["tifo_processor_us"],
                "µs/message",
                aim=at_most(PROCESSOR_US, said["tifo_processor_us"], f"≤ {PROCESSOR_US:.0f} µs"),
            )
        )

    def transport_in_chunks(self) -> None:
        """Several processes to a sink that offers CHUNKING and does nothing else."""
        port = free_port()
        words = own("smtp", "--port", str(port), "--messages", str(FAST_MESSAGES), "--connections", "4")
        with (
            serving(own("swallow", str(port)), self.env, port),
            ThreadPoolExecutor(FAST_PROCESSES) as pool,
        ):
            done = list(pool.map(lambda _: run(words, self.env), range(FAST_PROCESSES)))
        rate = FAST_PROCESSES * FAST_MESSAGES / max(one.said["seconds"] for one in done)
        self.say(
            Figure(
                f"transport alone, by CHUNKING, {FAST_PROCESSES} processes, 15 kB",
                self.fans,
                rate,
                "messages/s",
                megabytes=round(max(one.megabytes for one in done)),
                aim=at_least(FAST_RATE, rate, f"≥ {FAST_RATE:,.0f}"),
            )
        )
        work = sum(one.said["processor_us"] for one in done) / FAST_PROCESSES
        self.say(Figure("transport alone, by CHUNKING, processor", self.fans, work, "µs/message"))


def rate_figure(fans: int, how: str, timing: Any, theirs: float, size: int, megabytes: float) -> Figure:
    """The line of a sending."""
    rate = timing["messages"] / timing["seconds"]
    return Figure(
        f"sending {size / 1000:.0f} kB, {how}, {timing['accepted']:,} messages",
        fans,
        rate,
        "messages/s",
        theirs,
        f"smtp-source, {CONNECTIONS} connections",
        round(megabytes),
        at_least(theirs, rate, "≥ smtp-source"),
    )


def is_end(name: str, stage: str) -> bool:
    """Whether a sending is finished; StepError where it never will be."""
    if stage in ("failed", "cancelled", "missed", "awaiting-approval", "paused"):
        raise StepError(f"{name} is {stage}")
    return stage == "finished"


def settled_by_now(said: Any) -> None:
    """Nothing moves, nothing is in doubt, nothing is missing."""
    states = said["states"]
    if set(states) - {"accepted", "suppressed"} or sum(states.values()) != said["prepared"]:
        raise StepError(f"the ledger does not add up: {json.dumps(said)}")
