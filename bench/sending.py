"""Handing over to Postfix's smtp-sink, beside Postfix's smtp-source: by one process, and by several workers."""

import os
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import duckdb

from bench import newsletter
from bench.children import Done, StepError, free_port, own, run, serving, tifo
from bench.figures import Figure, Say, at_least, at_most

SENT = (
    100_000  # messages of a sending where the base has so many: steady with several workers, bounded in time
)
CONNECTIONS = 12
WORKERS = 3
PROCESSOR_US = 100.0
LONGEST = 600.0  # seconds
_JOINED = 70_000_000  # seconds over which the made fans joined, see people.py
_CONSENTING = 0.86


@contextmanager
def sink(env: dict[str, str]) -> Iterator[int]:
    """Postfix's load sink; gives its port."""
    port = free_port()
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    command = ["smtp-sink", *user, f"127.0.0.1:{port}", "500"]
    if shutil.which("smtp-sink") is None:
        raise SystemExit("smtp-sink is not installed. On Debian or Ubuntu: sudo apt-get install postfix")
    with serving(command, env, port):
        yield port


@dataclass(frozen=True)
class Sending:
    """The newsletter of a base of `fans` whose data lies where `env` says."""

    fans: int
    folder: Path
    env: dict[str, str]
    say: Say

    def all(self) -> None:
        """By one process, by several, and the transport alone."""
        file = self._newsletter("newsletter", 0)
        size = run(own("weaving", str(file)), self.env).said["bytes"]
        with sink(self.env) as port:
            theirs = self._source(port, size)
            self._alone(file, port, theirs, size)
        with sink(self.env) as port:
            self._together(self._newsletter("newsletter-by-workers", 1), port, self._source(port, size), size)
        self._transport()

    def _newsletter(self, name: str, part: int) -> Path:
        """A campaign file for about SENT fans: those who joined in the `part`-th stretch of time."""
        share = min(0.5, SENT / (_CONSENTING * self.fans))
        days = [int(edge * share * _JOINED / 86_400) for edge in (part, part + 1)]
        first, until = (
            duckdb.execute("SELECT strftime(DATE '2022-06-01' + ?::INTEGER, '%Y-%m-%d')", [day]).fetchall()[
                0
            ][0]
            for day in days
        )
        path = self.folder / f"{name}.yaml"
        newsletter.write(path, name, f'consents("newsletter") and joined >= {first} and joined < {until}')
        return path

    def _source(self, port: int, size: int) -> float:
        """Messages/s of smtp-source: as large, as many connections, kept open as ours."""
        done = run(
            [
                "smtp-source", "-d", "-s", str(CONNECTIONS), "-m", str(SENT), "-l", str(size + 1500),
                "-f", "a@games.example", "-t", "b@mail.example", f"127.0.0.1:{port}",
            ],
            self.env,
        )  # fmt: skip
        return SENT / done.seconds

    def _towards(self, port: int, connections: int) -> dict[str, str]:
        return {**self.env, "TIFO_SMTP_URL": f"smtp://127.0.0.1:{port}?connections={connections}"}

    def _alone(self, file: Path, port: int, theirs: float, size: int) -> None:
        words = tifo("campaigns", "send", str(file), "--yes", "--wait", "--json")
        done = run(words, self._towards(port, CONNECTIONS))
        if done.said["accepted"] + sum(done.said["suppressed"].values()) != done.said["planned"]:
            raise StepError(f"the ledger does not add up: {done.said}")
        timing = self._ledger(file.stem)
        self._rate("sending, one process", timing, theirs, size, done.megabytes)
        self._whole(done)

    def _together(self, file: Path, port: int, theirs: float, size: int) -> None:
        env = self._towards(port, CONNECTIONS // WORKERS)
        run(tifo("campaigns", "send", str(file), "--yes", "--json"), env)
        with ExitStack() as up:
            workers = [up.enter_context(serving(tifo("worker"), env)) for _ in range(WORKERS)]
            self._until_finished(file.stem)
        timing = self._ledger(file.stem)
        if timing["accepted"] != timing["prepared"]:
            raise StepError(f"the ledger does not add up: {timing}")
        most = max(worker.megabytes for worker in workers)
        self._rate(f"sending, {WORKERS} workers", timing, theirs, size, most)

    def _until_finished(self, name: str) -> None:
        """Looked at past tifo: its command starts for longer than it looks, and would take the workers' processor."""
        end = time.monotonic() + LONGEST
        base = sqlite3.connect(f"file:{quote(self.env['TIFO_DATA'])}/tifo.sqlite3?mode=ro", uri=True)
        asked = (
            "SELECT 1 FROM campaigns_occurrence o JOIN campaigns_campaign c ON c.id = o.campaign_id "
            "WHERE c.name = ? AND o.stage = 'finished'"
        )
        with closing(base):
            while time.monotonic() < end:
                time.sleep(0.5)
                if base.execute(asked, [name]).fetchone():
                    return
        raise StepError(f"{name} was not sent in {LONGEST:.0f} s")

    def _ledger(self, name: str) -> Any:
        return run(own("ledger", name), self.env).said

    def _rate(self, step: str, timing: Any, theirs: float, size: int, megabytes: float) -> None:
        rate = timing["messages"] / timing["seconds"]
        self.say(
            Figure(
                step,
                self.fans,
                rate,
                "messages/s",
                theirs,
                f"smtp-source, {size / 1000:.0f} kB, {CONNECTIONS} connections",
                round(megabytes),
                at_least(theirs, rate, "≥ smtp-source"),
            )
        )

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

    def _transport(self) -> None:
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
