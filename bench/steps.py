"""The steps of the bench for one size, in the order of a real season."""

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from bench import newsletter
from bench.children import Done, disk_megabytes, environment, free_port, own, run, serving, tifo
from bench.people import write_people, write_tickets

SENT = 50_000  # messages handed over at any size: enough to be steady, and bounded in time
CONNECTIONS = 8
CHANGED = 10_000
LOAD_SECONDS = 5


@dataclass(frozen=True)
class Figure:
    """A line of the table. `limit`: the same figure of the thing that bounds it, measured in the same run."""

    step: str
    fans: int
    figure: float
    unit: str
    limit: float | None = None
    limit_name: str = ""
    megabytes: float | None = None

    @property
    def ratio(self) -> float | None:
        """How much of the limit is reached."""
        return self.figure / self.limit if self.limit else None

    def plain(self) -> dict[str, Any]:
        """As last.json keeps it."""
        return {**asdict(self), "ratio": self.ratio}


Say = Callable[[Figure], None]


@contextmanager
def _sink(env: dict[str, str]) -> Iterator[int]:
    port = free_port()
    command = ["smtp-sink", "-u", "nobody", "-c", f"127.0.0.1:{port}", "500"]
    if shutil.which("smtp-sink") is None:
        raise SystemExit("smtp-sink is not installed. On Debian or Ubuntu: sudo apt-get install postfix")
    with serving(command, env, port):
        yield port


class Season:
    """One size, from the empty base to the clicks."""

    def __init__(self, fans: int, folder: Path, programme: Path, say: Say) -> None:
        self.fans, self.folder, self._say = fans, folder, say
        self.data = folder / "data"
        self.env = environment(self.data)
        self.people, self.programme = folder / "people.csv", folder / "programme"
        self.programme.mkdir()
        for name in ("venues.csv", "sessions.csv"):
            shutil.copyfile(programme / name, self.programme / name)
        write_people(self.people, fans)
        write_tickets(self.programme / "tickets.csv", self.programme / "sessions.csv", fans, fans)

    def say(
        self,
        step: str,
        figure: float,
        unit: str,
        done: Done | None = None,
        limit: float | None = None,
        limit_name: str = "",
    ) -> None:
        self._say(
            Figure(step, self.fans, figure, unit, limit, limit_name, round(done.megabytes) if done else None)
        )

    def all(self) -> None:
        """Every step."""
        run(tifo("migrate"), self.env)
        self.importing()
        self.lake()
        self.planning()
        self.sending()
        self.weaving()
        self.tracking()
        self.asking()
        self.say("size on disk", disk_megabytes(self.data), "MB")

    def importing(self) -> None:
        done = run(tifo("fans", "import", str(self.people), "--source", "bench", "--json"), self.env)
        bare = run(own("reading", str(self.people), str(self.folder / "bare.duckdb")), self.env)
        self.say(
            "import of people",
            done.said["read"] / done.seconds,
            "rows/s",
            done,
            bare.said["rows"] / bare.said["seconds"],
            "DuckDB reads and writes the columns",
        )
        done = run(tifo("spectators", "import", str(self.programme), "--json"), self.env)
        self.say("import of tickets", self.fans / done.seconds, "rows/s", done)

    def lake(self) -> None:
        done = run(tifo("lake", "rebuild", "--json"), self.env)
        self.say("lake rebuilt", done.seconds, "s", done)
        changes = self.folder / "changes.csv"
        with self.people.open() as all_people, changes.open("w") as some:
            header = next(all_people)
            some.write(header)
            for _, line in zip(range(CHANGED), all_people, strict=False):
                cells = line.split(",")
                cells[7] = "Europe/Rome"
                some.write(",".join(cells))
        run(tifo("fans", "import", str(changes), "--source", "bench", "--json"), self.env)
        done = run(tifo("lake", "refresh", "--json"), self.env)
        self.say(f"lake refreshed, {CHANGED:,} changed", done.seconds, "s", done)

    def planning(self) -> None:
        file = self.folder / "everybody.yaml"
        newsletter.write(file, "everybody", 'consents("newsletter") and reachable("email")')
        done = run(own("planning", str(file)), self.env)
        self.say("plan", done.said["rows"] / done.said["seconds"], "rows/s", done)
        run(tifo("campaigns", "cancel", "everybody", "--json"), self.env)

    def sending(self) -> None:
        file = self.folder / "newsletter.yaml"
        share = min(1.0, SENT / (0.86 * self.fans))
        day = f"DATE '2022-06-01' + {int(share * 70_000_000 / 86_400) + 1}"
        import duckdb

        until = duckdb.execute(f"SELECT strftime({day}, '%Y-%m-%d')").fetchall()[0][0]
        newsletter.write(file, "newsletter", f'consents("newsletter") and joined < {until}')
        with _sink(self.env) as port:
            env = {**self.env, "TIFO_SMTP_URL": f"smtp://127.0.0.1:{port}?connections={CONNECTIONS}"}
            done = run(tifo("campaigns", "send", str(file), "--yes", "--wait", "--json"), env)
            timing = run(own("ledger", "newsletter"), self.env).said
            size = run(own("weaving", str(file)), self.env).said["bytes"]
            source = run(
                [
                    "smtp-source", "-d", "-s", str(CONNECTIONS), "-m", str(SENT), "-l", str(size + 1500),
                    "-f", "a@games.example", "-t", "b@mail.example", f"127.0.0.1:{port}",
                ],
                self.env,
            )  # fmt: skip
        if done.said["accepted"] + sum(done.said["suppressed"].values()) != done.said["planned"]:
            raise SystemExit(f"the ledger does not add up: {done.said}")
        self.say(
            "messages handed over",
            timing["messages"] / timing["seconds"],
            "messages/s",
            done,
            SENT / source.seconds,
            f"smtp-source, {size / 1000:.0f} kB, {CONNECTIONS} connections",
        )
        self.say("the whole command", done.said["accepted"] / done.seconds, "messages/s", done)

    def weaving(self) -> None:
        said = run(own("weaving", str(self.folder / "newsletter.yaml")), self.env)
        self.say(
            f"weaving a message of {said.said['bytes'] / 1000:.0f} kB",
            said.said["us"],
            "µs",
            said,
            said.said["django_us"],
            "Django's template and e-mail classes",
        )

    def tracking(self) -> None:
        token = run(own("ledger", "newsletter"), self.env).said["token"]
        bare_port, port = free_port(), free_port()
        with serving(own("serving_bare", str(bare_port)), self.env, bare_port):
            bare = self._load(f"http://127.0.0.1:{bare_port}/")
        env = {**self.env, "TIFO_TRACK_BIND": f"127.0.0.1:{port}"}
        with serving(tifo("tracker"), env, port) as server:
            opens = self._load(f"http://127.0.0.1:{port}/o/{token}.gif")
            clicks = self._load(f"http://127.0.0.1:{port}/c/{token}/0")
        for name, (rate, late) in (("opens", opens), ("clicks", clicks)):
            self.say(f"tracker, {name}", rate, "requests/s", None, bare[0], "a bare app on the same server")
            self.say(f"tracker, {name}, p99", late, "ms", None, bare[1], "a bare app on the same server")
        self._say(Figure("tracker, memory", self.fans, round(server.megabytes), "MB"))

    def _load(self, url: str) -> tuple[float, float]:
        """(requests/s, p99 in ms) under 64 connections."""
        if shutil.which("wrk") is None:
            raise SystemExit("wrk is not installed. On Debian or Ubuntu: sudo apt-get install wrk")
        command = ["wrk", "-t1", "-c64", f"-d{LOAD_SECONDS}s", "--latency", url]
        said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
        rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
        late = re.search(r"99%\s+([\d.]+)(us|ms|s)", said)
        if rate is None or late is None or "Non-2xx" in said:
            raise SystemExit(f"wrk said:\n{said}")
        return float(rate[1]), float(late[1]) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[late[2]]

    def asking(self) -> None:
        run(tifo("worker", "--until-idle"), self.env)
        run(tifo("lake", "refresh"), self.env)
        done = run(own("asking"), self.env)
        times = [one["ms"] for one in done.said]
        slowest = max(done.said, key=lambda one: one["ms"])
        self.say("ten audiences, median", median(times), "ms", done)
        self.say("ten audiences, worst", slowest["ms"], "ms", done)
        self.say("ten audiences, worst before warm", max(one["cold_ms"] for one in done.said), "ms", done)
