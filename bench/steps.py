"""The steps of the bench for one size, in the order of a real season."""

import json
import shutil
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

from bench import elsewhere, newsletter
from bench.children import Done, StepError, disk_megabytes, environment, own, run, tifo
from bench.club import Club
from bench.figures import Aim, Figure, Say, at_least, at_most
from bench.people import tickets_of, write_people, write_tickets
from bench.sending import LARGE, SMALL_TOGETHER, USUAL, Sending
from bench.tracking import Tracking

CHANGED, NEW_EVENTS = 10_000, 100_000
SUPPRESSED = (200_000, 11_000_000)  # addresses that nothing goes to, for so many fans
ENOUGH = 0.99  # of the people: without them the rest would measure another base
FLAT_MEMORY = 2_000.0  # MB, for an import of any size
IMPORT_TIMES, REBUILD_TIMES, REFRESH_SECONDS = 5.0, 3.0, 5.0
AUDIENCE_MS, WORST_AUDIENCE_MS, AUDIENCE_TIMES = 150.0, 1500.0, 10.0
COMPARED = 1_000_000  # fans in PostgreSQL at most: its rows and indexes take long to fill
PLAN_SECONDS, PLAN_LAKE_SECONDS = 60.0, 15.0
SCREEN_SECONDS = 1.0
CAMPAIGN = "everybody"


class Season:
    """One size, from the empty base to the clicks."""

    def __init__(self, fans: int, folder: Path, programme: Path, say: Say) -> None:
        self.fans, self.folder, self._say = fans, folder, say
        self.data = folder / "data"
        self.env = environment(self.data)
        self.people, self.programme = folder / "people.csv", folder / "programme"
        self._programme_of = programme
        self.planned: int | None = None

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

    def steps(self) -> Iterator[tuple[str, Callable[[], None]]]:
        """Every step with its name, in order; one that ends badly does not keep the later ones from their turn."""
        sending = Sending(self.fans, self.folder, self.env, self._say)
        tracking = Tracking(self.fans, self.folder, self.env, self._say, USUAL.name)
        yield "making people and tickets", self.making
        yield "import of people", self.importing
        yield "import of tickets", self.tickets
        yield "suppression list", self.suppressing
        yield "lake filled", self.filling
        yield "plan", self.planning
        yield "history", self.history
        yield "lake rebuilt", self.rebuilding
        yield "lake refreshed", self.refreshing
        yield "ten audiences", self.asking
        yield "studio", self.looking
        yield "size on disk", self.weighing
        yield "sending, one process", sending.alone
        yield "sending, workers", lambda: sending.together(SMALL_TOGETHER)
        yield "sending, usual, workers", lambda: sending.together(USUAL)
        yield "sending, large, workers", lambda: sending.together(LARGE)
        yield "transport alone", sending.transport
        yield "transport by CHUNKING", sending.transport_in_chunks
        yield "weaving", self.weaving
        yield "tracker", tracking.all
        yield "ten audiences on PostgreSQL", self.comparing
        club = Club(self.fans, self.folder, self._say)
        yield "club", club.embedded
        yield "club on PostgreSQL", club.served
        yield "bare draw", club.drawing
        yield "sending on PostgreSQL", lambda: elsewhere.send(self.fans, self.folder, self._say)

    def making(self) -> None:
        """The files that are imported."""
        began = time.monotonic()
        self.programme.mkdir(exist_ok=True)
        for name in ("venues.csv", "sessions.csv"):
            shutil.copyfile(self._programme_of / name, self.programme / name)
        write_people(self.people, self.fans)
        sessions, tickets = self.programme / "sessions.csv", self.programme / "tickets.csv"
        write_tickets(tickets, sessions, self.fans, tickets_of(self.fans))
        self.say("making people and tickets", time.monotonic() - began, "s")
        run(tifo("migrate"), self.env)

    def importing(self) -> None:
        """People beside DuckDB."""
        done = run(tifo("fans", "import", str(self.people), "--source", "bench", "--json"), self.env)
        if done.said["created"] < ENOUGH * self.fans:
            raise StepError(f"not all people were taken: {done.said}")
        self.with_the_limit(done)

    def with_the_limit(self, done: Done) -> None:
        """The import beside DuckDB's mere reading and writing."""
        bare = run(own("reading", str(self.people), str(self.folder / "bare.duckdb")), self.env)
        (self.folder / "bare.duckdb").unlink()  # at millions of fans the room is needed
        rate, limit = done.said["read"] / done.seconds, bare.said["rows"] / bare.said["seconds"]
        aim = Aim(
            f"≤ {IMPORT_TIMES:.0f} × DuckDB's time, ≤ 2 GB",
            rate * IMPORT_TIMES >= limit and done.megabytes <= FLAT_MEMORY,
        )
        self.say("import of people", rate, "rows/s", done, limit, "DuckDB reads and writes the columns", aim)
        self._keep_some()

    def _keep_some(self) -> None:
        """The people who change later; the rest of the file made room enough."""
        with self.people.open(encoding="utf-8") as lines:
            kept = list(islice(lines, CHANGED + 1))
        self.people.write_text("".join(kept), encoding="utf-8")

    def tickets(self) -> None:
        """13 for 11 fans."""
        done = run(tifo("spectators", "import", str(self.programme), "--json"), self.env)
        self.say("import of tickets", tickets_of(self.fans) / done.seconds, "rows/s", done)
        (self.programme / "tickets.csv").unlink()
        shutil.rmtree(self.data / "imports", ignore_errors=True)

    def suppressing(self) -> None:
        """Addresses that nothing may be sent to."""
        count = max(1, self.fans * SUPPRESSED[0] // SUPPRESSED[1])
        done = run(own("suppressing", str(self.fans), str(count)), self.env)
        self.say(f"suppression list, {count:,} addresses", count / done.seconds, "rows/s", done)

    def filling(self) -> None:
        """The first refresh."""
        done = run(tifo("lake", "refresh", "--json"), self.env)
        self.say("lake filled, people and tickets", done.seconds, "s", done)

    def planning(self) -> None:
        """Audience, language, blocks by rules and by taste, due time by zone, chunk files: for everybody."""
        file = self.folder / f"{CAMPAIGN}.yaml"
        newsletter.write(file, CAMPAIGN, 'consents("newsletter") and reachable("email")', newsletter.RICH)
        done = run(own("planning", str(file)), self.env)
        self.planned = int(done.said["id"])
        rows, seconds, lake = done.said["rows"], done.said["seconds"], done.said["lake"]
        self.say(
            f"plan of {rows:,}, until the first may leave",
            seconds,
            "s",
            done,
            aim=at_most(PLAN_SECONDS, seconds, f"≤ {PLAN_SECONDS:.0f} s"),
        )
        aim = at_most(PLAN_LAKE_SECONDS, lake, f"≤ {PLAN_LAKE_SECONDS:.0f} s")
        self.say("plan, of it in the lake", lake, "s", done, seconds, "the whole plan", aim)

    def history(self) -> None:
        """What was sent and read before; where that can't be made, nothing of the plan may leave later."""
        if self.planned is None:
            raise StepError("nothing was planned, so there is nothing to have been sent")
        try:
            said = run(own("history", str(self.planned)), self.env).said
        except StepError:
            run(tifo("campaigns", "cancel", CAMPAIGN, "--json"), self.env)
            raise
        self.say("history made, messages", said["messages"], "messages")
        self.say("history made, events", said["events"], "events")
        self.say("history made, time", said["seconds"], "s")

    def rebuilding(self) -> None:
        """All of the lake from the truth and the archive, beside merely writing its columns."""
        done = run(tifo("lake", "rebuild", "--json"), self.env)
        bare = run(own("writing", str(self.folder / "columns.duckdb")), self.env).said
        (self.folder / "columns.duckdb").unlink()
        aim = at_most(REBUILD_TIMES * bare["seconds"], done.seconds, f"≤ {REBUILD_TIMES:.0f} × the writing")
        beside = "DuckDB writes the same columns from Arrow"
        self.say(
            f"lake rebuilt, {bare['rows']:,} rows", done.seconds, "s", done, bare["seconds"], beside, aim
        )

    def refreshing(self) -> None:
        """Twice: the first after a rebuild copies the generation, the next ones don't."""
        for zone, step in (("Europe/Rome", "the first after a rebuild"), ("Europe/Athens", "as usual")):
            self._change(zone)
            done = run(tifo("lake", "refresh", "--json"), self.env)
            aim = at_most(REFRESH_SECONDS, done.seconds, f"≤ {REFRESH_SECONDS:.0f} s")
            what = f"lake refreshed, {CHANGED:,} fans and {NEW_EVENTS:,} events, {step}"
            self.say(what, done.seconds, "s", done, aim=aim)

    def _change(self, zone: str) -> None:
        changes = self.folder / "changes.csv"
        with self.people.open(encoding="utf-8") as people, changes.open("w", encoding="utf-8") as some:
            some.write(next(people))
            for line in people:
                cells = line.split(",")
                cells[7] = zone
                some.write(",".join(cells))
        run(tifo("fans", "import", str(changes), "--source", "bench", "--json"), self.env)
        run(own("hitting", CAMPAIGN, str(NEW_EVENTS)), self.env)

    def asking(self) -> None:
        """Ten audiences over the whole base."""
        done = run(own("asking"), self.env)
        times = [one["ms"] for one in done.said]
        nobody = [one["audience"] for one in done.said if not one["count"]]
        middle, worst = median(times), max(times)
        aim = Aim(f"≤ {AUDIENCE_MS:.0f} ms, each finds somebody", middle <= AUDIENCE_MS and not nobody)
        self.say("ten audiences, median", middle, "ms", done, aim=aim)
        aim = at_most(WORST_AUDIENCE_MS, worst, f"≤ {WORST_AUDIENCE_MS:.0f} ms")
        self.say("ten audiences, worst", worst, "ms", done, aim=aim)
        self.say("ten audiences, worst before warm", max(one["cold_ms"] for one in done.said), "ms", done)

    def looking(self) -> None:
        """Each screen of the studio, signed in, by HTTP."""
        with self.people.open(encoding="utf-8") as people:
            address = list(islice(people, 8))[-1].split(",")[0]
        done = run(own("screens", CAMPAIGN, address), self.env)
        for name, seen in done.said["screens"].items():
            self._screen(name, seen, done.said["megabytes"])

    def _screen(self, name: str, seen: dict[str, Any], megabytes: float) -> None:
        words = f"≤ {SCREEN_SECONDS:.0f} s, the first time too"
        if "wrong" in seen:
            self._say(Figure(f"studio, {name}", self.fans, 0, seen["wrong"], aim=Aim(words, False)))
            return
        aim = at_most(SCREEN_SECONDS, seen["first"], words)
        self._say(
            Figure(
                f"studio, {name}",
                self.fans,
                seen["seconds"],
                "s",
                seen["first"],
                "the first time",
                round(megabytes),
                aim,
            )
        )

    def weighing(self) -> None:
        """What lies on the disk, by its parts."""
        self.say("size on disk", disk_megabytes(self.data), "MB")
        base = sum(path.stat().st_size for path in self.data.glob("tifo.sqlite3*")) / 1e6
        self.say("size on disk, the truth", base, "MB")
        self.say("size on disk, the archive", disk_megabytes(self.data / "archive"), "MB")
        self.say("size on disk, the lake", disk_megabytes(self.data / "lake"), "MB")

    def weaving(self) -> None:
        """Joining fragments, beside Django's way."""
        done = run(own("weaving", str(self.folder / f"{USUAL.name}.yaml")), self.env)
        self.say(
            f"weaving a message of {done.said['bytes'] / 1000:.0f} kB",
            done.said["us"],
            "µs/message",
            done,
            done.said["django_us"],
            "Django's template and e-mail classes",
        )

    def comparing(self) -> None:
        """The same audiences by PostgreSQL."""
        fans = min(self.fans, COMPARED)
        done = run(own("comparing", str(fans)), self.env)
        ours, theirs = ([one[key] for one in done.said] for key in ("lake_ms", "ms"))
        times = median(there / here for here, there in zip(ours, theirs, strict=True))
        beside = "indexed PostgreSQL"
        step = f"ten audiences over {fans:,} fans"
        self.say(f"{step}, median", median(ours), "ms", None, median(theirs), beside)
        self.say(f"{step}, worst", max(ours), "ms", None, max(theirs), beside)
        aim = at_least(AUDIENCE_TIMES, times, f"≥ {AUDIENCE_TIMES:.0f} ×")
        self.say(f"{step}, times faster in the median", times, "×", aim=aim)


def said_plainly(error: BaseException) -> str:
    """One line of what went wrong."""
    lines = [line for line in str(error).strip().splitlines() if line.strip()]
    return json.dumps(lines[-1][:200] if lines else type(error).__name__, ensure_ascii=False)[1:-1]
