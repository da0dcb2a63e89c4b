"""What the club does at once: answers that earn points, and points that are spent from the same purses by several."""

import json
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import psycopg
from tests.cluster import cluster

from bench.children import StepError, environment, own, run, tifo
from bench.figures import Figure, Say
from bench.people import write_people

PROCESSES, SECONDS = 4, 5.0
FANS = 20_000  # whatever the base has: the ledger's rows are small
DRAWN = 6_000_000
STARTING = 8.0  # seconds until all processes are there
MEASURED = (("earn", "answers that earn points"), ("spend", "redemptions from four purses"))


class Club:
    """Some figures for each database, and the ledger audited after them; and a draw."""

    def __init__(self, folder: Path, say: Say) -> None:
        self.folder, self._say = folder, say

    def embedded(self) -> None:
        """On SQLite."""
        with tempfile.TemporaryDirectory(dir=self.folder) as made:
            self._measure("SQLite", Path(made), environment(Path(made) / "data"))

    def served(self) -> None:
        """On PostgreSQL."""
        with tempfile.TemporaryDirectory(dir=self.folder) as made, cluster() as server:
            with psycopg.connect(host=str(server), user="tifo", dbname="postgres", autocommit=True) as link:
                link.execute("CREATE DATABASE tifo")
            url = f"postgresql://tifo@/tifo?host={server}"
            self._measure("PostgreSQL", Path(made), environment(Path(made) / "data", TIFO_DATABASE_URL=url))

    def drawing(self) -> None:
        """Six million entries frozen and drawn by the product, beside DuckDB alone on the same formulas in memory."""
        bare = run(own("bare_draw", str(DRAWN)), environment(self.folder / "data")).said
        with tempfile.TemporaryDirectory(dir=self.folder) as made:
            env = environment(Path(made) / "data")
            run(tifo("migrate"), env)
            done = run(own("drawing", str(DRAWN)), env)
        beside = {"freeze": bare["leaves"] + bare["tree"], "draw": bare["order"]}
        for part in ("freeze", "draw", "entrant", "transcript"):
            self._say(
                Figure(
                    f"a draw of {DRAWN:,} entries: {part}",
                    FANS,
                    done.said[part],
                    "s",
                    limit=beside.get(part, 0.0),
                    limit_name="DuckDB alone" if part in beside else "",
                    megabytes=round(done.megabytes),
                )
            )

    def _measure(self, database: str, folder: Path, env: Mapping[str, str]) -> None:
        run(tifo("migrate"), env)
        write_people(folder / "people.csv", FANS)
        run(tifo("fans", "import", str(folder / "people.csv"), "--source", "bench", "--json"), env)
        run(own("clubbing", "ready"), env)
        for what, words in MEASURED:
            done = together(what, env)
            self._say(Figure(f"{words}, {PROCESSES} processes, {database}", FANS, done / SECONDS, "/s"))
        done = run(own("clubbing", "settle"), env).said
        for what in ("settled", "corrected"):
            words = f"{done['answers']:,} predictions {what} and paid, {database}"
            self._say(Figure(words, FANS, done[what], "s"))
        broken = run(own("clubbing", "audit"), env).said["broken"]
        if broken:
            raise StepError(f"the ledger does not hold: {broken}")


CLUB_STEPS: Mapping[str, Callable[[Club], None]] = {
    "the club on SQLite": Club.embedded,
    "the club on PostgreSQL": Club.served,
    "a draw": Club.drawing,
}


def together(what: str, env: Mapping[str, str]) -> int:
    """What so many processes did in all, from the same instant on."""
    begin = time.time() + STARTING
    children = [
        subprocess.Popen(
            own("clubbing", what, str(number), str(PROCESSES), str(begin), str(SECONDS)),
            env=dict(env),
            stdout=subprocess.PIPE,
        )
        for number in range(PROCESSES)
    ]
    said = [child.communicate()[0] for child in children]
    if any(child.returncode for child in children):
        raise StepError(f"bench.clubbing {what} ended badly")
    return sum(json.loads(one)["done"] for one in said)
