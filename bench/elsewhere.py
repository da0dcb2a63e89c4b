"""The same sending from a base on PostgreSQL: a server of its own, with people of its own."""

import tempfile
from pathlib import Path

import psycopg
from tests.cluster import cluster

from bench import newsletter
from bench.children import environment, run, tifo
from bench.figures import Say
from bench.people import write_people
from bench.sending import (
    CONNECTIONS,
    WORKERS,
    Letter,
    Sending,
    is_end,
    rate_figure,
    sink,
    source,
)

FANS = 60_000  # whatever the base has
LETTER = Letter("small-on-postgresql", 0, (newsletter.TRUNK,))


def send(fans: int, folder: Path, say: Say) -> None:
    """Import, send by several workers, and say the rate beside smtp-source's."""
    with tempfile.TemporaryDirectory(dir=folder) as made, cluster() as server:
        here = Path(made)
        url = f"postgresql://tifo@/tifo?host={server}"
        with psycopg.connect(host=str(server), user="tifo", dbname="postgres", autocommit=True) as link:
            link.execute("CREATE DATABASE tifo")
        env = environment(here / "data", TIFO_DATABASE_URL=url)
        run(tifo("migrate"), env)
        write_people(here / "people.csv", FANS)
        run(tifo("fans", "import", str(here / "people.csv"), "--source", "bench", "--json"), env)
        run(tifo("lake", "refresh", "--json"), env)
        sending = Sending(FANS, here, env, say, parts=1)
        with (
            psycopg.connect(host=str(server), user="tifo", dbname="tifo", autocommit=True) as link,
            sink(env) as port,
        ):

            def ended(name: str) -> bool:
                row = link.execute(
                    "SELECT o.stage FROM campaigns_occurrence o JOIN campaigns_campaign c ON c.id = o.campaign_id "
                    "WHERE c.name = %s ORDER BY o.number DESC LIMIT 1",
                    [name],
                ).fetchone()
                return is_end(name, row[0]) if row else False

            file, size = sending.letter(LETTER)
            theirs = source(port, size, sending.messages, env)
            most = sending.by_workers(file, sending.towards(port, CONNECTIONS // WORKERS), ended)
            timing = sending.ledger(file.stem)
        say(rate_figure(fans, f"PostgreSQL, {WORKERS} workers", timing, theirs, size, most))
