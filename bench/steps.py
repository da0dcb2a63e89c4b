"""The steps of the bench for one size, in the order of a real season."""

import re
import shutil
import subprocess
from pathlib import Path
from statistics import median

from bench import newsletter
from bench.children import Done, disk_megabytes, environment, free_port, own, run, serving, tifo
from bench.figures import Aim, Figure, Say, at_most
from bench.people import write_people, write_tickets
from bench.sending import Sending

CHANGED = 10_000
LOAD_SECONDS = 5
FLAT_MEMORY = 2_000.0  # MB, for an import of any size
IMPORT_TIMES, REBUILD_TIMES = 5.0, 3.0
AUDIENCE_MS = 150.0


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
        aim: Aim | None = None,
    ) -> None:
        """A line of the table; `done`: the command whose memory it shows."""
        megabytes = round(done.megabytes) if done else None
        self._say(Figure(step, self.fans, figure, unit, limit, limit_name, megabytes, aim))

    def all(self) -> None:
        """Every step."""
        run(tifo("migrate"), self.env)
        self.importing()
        self.lake()
        self.planning()
        Sending(self.fans, self.folder, self.env, self._say).all()
        self.weaving()
        self.tracking()
        self.asking()
        self.say("size on disk", disk_megabytes(self.data), "MB")

    def importing(self) -> None:
        """People beside DuckDB, and tickets."""
        done = run(tifo("fans", "import", str(self.people), "--source", "bench", "--json"), self.env)
        bare = run(own("reading", str(self.people), str(self.folder / "bare.duckdb")), self.env)
        (self.folder / "bare.duckdb").unlink()  # at millions of fans the room is needed
        rate, limit = done.said["read"] / done.seconds, bare.said["rows"] / bare.said["seconds"]
        aim = Aim(
            f"≤ {IMPORT_TIMES:.0f} × DuckDB's time, ≤ 2 GB",
            rate * IMPORT_TIMES >= limit and done.megabytes <= FLAT_MEMORY,
        )
        self.say("import of people", rate, "rows/s", done, limit, "DuckDB reads and writes the columns", aim)
        done = run(tifo("spectators", "import", str(self.programme), "--json"), self.env)
        self.say("import of tickets", self.fans / done.seconds, "rows/s", done)

    def lake(self) -> None:
        """From nothing, and after a small change."""
        done = run(tifo("lake", "rebuild", "--json"), self.env)
        bare = run(own("writing", str(self.folder / "columns.duckdb")), self.env).said["seconds"]
        (self.folder / "columns.duckdb").unlink()
        aim = at_most(REBUILD_TIMES * bare, done.seconds, f"≤ {REBUILD_TIMES:.0f} × the writing")
        self.say(
            "lake rebuilt", done.seconds, "s", done, bare, "DuckDB writes the same columns from Arrow", aim
        )
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
        """Audience, language, blocks and chunk files for everybody."""
        file = self.folder / "everybody.yaml"
        newsletter.write(file, "everybody", 'consents("newsletter") and reachable("email")')
        done = run(own("planning", str(file)), self.env)
        self.say("plan", done.said["rows"] / done.said["seconds"], "rows/s", done)
        run(tifo("campaigns", "cancel", "everybody", "--json"), self.env)

    def weaving(self) -> None:
        """Joining fragments, beside Django's way."""
        done = run(own("weaving", str(self.folder / "newsletter.yaml")), self.env)
        self.say(
            f"weaving a message of {done.said['bytes'] / 1000:.0f} kB",
            done.said["us"],
            "µs/message",
            done,
            done.said["django_us"],
            "Django's template and e-mail classes",
        )

    def tracking(self) -> None:
        """Opens and clicks, beside a bare app on the same server in the same run."""
        token = run(own("ledger", "newsletter"), self.env).said["token"]
        bare_port, port = free_port(), free_port()
        with serving(own("serving_bare", str(bare_port)), self.env, bare_port):
            bare = self._load(f"http://127.0.0.1:{bare_port}/")
        env = {**self.env, "TIFO_TRACK_BIND": f"127.0.0.1:{port}"}
        with serving(tifo("tracker"), env, port) as server:
            opens = self._load(f"http://127.0.0.1:{port}/o/{token}.gif")
            clicks = self._load(f"http://127.0.0.1:{port}/c/{token}/0")
        for name, (rate, late) in (("opens", opens), ("clicks", clicks)):
            for what, figure, unit, limit in (
                (f"tracker, {name}", rate, "requests/s", bare[0]),
                (f"tracker, {name}, p99", late, "ms", bare[1]),
            ):
                beside = "a bare app on the same server"
                self._say(Figure(what, self.fans, figure, unit, limit, beside, round(server.megabytes)))

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
        """Ten audiences, once everything that was sent and clicked is in the lake."""
        run(tifo("worker", "--until-idle"), self.env)
        run(tifo("lake", "refresh"), self.env)
        done = run(own("asking"), self.env)
        times = [one["ms"] for one in done.said]
        aim = at_most(AUDIENCE_MS, median(times), f"≤ {AUDIENCE_MS:.0f} ms")
        self.say("ten audiences, median", median(times), "ms", done, aim=aim)
        self.say("ten audiences, worst", max(times), "ms", done)
        self.say("ten audiences, worst before warm", max(one["cold_ms"] for one in done.said), "ms", done)
