"""`python -m bench.crash.hosts`: two hosts on one PostgreSQL and one ClickHouse; one of them is struck. See scenario.py.

Needs root, for network namespaces. Exit code 1 when a promise broke, 2 where this machine does not allow it.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import psycopg
from tests.cluster import cluster
from tests.lake.clickhouse_server import clickhouse_server

from bench.children import environment
from bench.crash import lan
from bench.crash.names import STORIES
from bench.crash.page import HOSTS, hosts_table

NAME = "hosts"


def _variables(room: Path, lake: str) -> dict[str, str]:
    return environment(
        room / "data",
        TIFO_ALLOWED_RECIPIENTS="*@*.example",
        TIFO_LOG_LEVEL="WARNING",
        TIFO_LAKE_URL=lake,
        TIFO_DATABASE_URL=f"postgresql://tifo@{lan.address('data')}/{NAME}",
    )


def _world(host: Path, room: Path, variables: dict[str, str]) -> None:
    """An empty base in an empty folder."""
    shutil.rmtree(room / "data", ignore_errors=True)
    with psycopg.connect(host=str(host), user="tifo", dbname="postgres", autocommit=True) as server:
        names = {row[0] for row in server.execute("SELECT datname FROM pg_database")}
        if "empty" not in names:
            server.execute("CREATE DATABASE empty")
            address = f"postgresql://tifo@{lan.address('data')}/empty"
            subprocess.run(
                [sys.executable, "-m", "tifo", "migrate"],
                env=variables | {"TIFO_DATABASE_URL": address},
                stdout=subprocess.DEVNULL,
                check=True,
            )
        server.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
        server.execute(f"CREATE DATABASE {NAME} TEMPLATE empty")
    shutil.rmtree(room / "data", ignore_errors=True)


def _tell(name: str, host: Path, room: Path, times: int) -> dict[str, Any]:
    """A story as often as that; the sum of what it did."""
    row: dict[str, Any] = {"process": name, "points": 0, "duplicates": 0, "silent_losses": 0, "unknown": 0}
    broken: list[str] = []
    for number in range(times):
        place = room / f"{name} {number}"
        with clickhouse_server(room / f"lake {name} {number}", lan.address("data")) as lake:
            variables = _variables(room, lake)
            _world(host, room, variables)
            told = subprocess.run(
                [sys.executable, "-m", "bench.crash.scenario", name, str(place)],
                env=variables,
                stdout=subprocess.PIPE,
                text=True,
                check=False,
            )
        said = json.loads(told.stdout.splitlines()[-1]) if told.returncode == 0 else None
        row["points"] += 1
        if said is None:
            broken.append("it did not come to its end")
            continue
        broken += said["broken"]
        for figure in ("duplicates", "silent_losses", "unknown"):
            row[figure] += said[figure]
    for words in broken:
        print(f"{name}: {words}", file=sys.stderr, flush=True)
    print(json.dumps(row), file=sys.stderr, flush=True)
    return row | {"broken": broken}


def _within(given: argparse.Namespace) -> int:
    lan.lay()
    base = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108  made by mkdtemp
    room = Path(tempfile.mkdtemp(prefix="tifo-hosts-", dir=base))
    try:
        with cluster(listen=lan.address("data")) as host:
            rows = [_tell(name, host, room, given.times) for name in given.story or STORIES]
    finally:
        if given.keep:
            print(room, file=sys.stderr)
        else:
            shutil.rmtree(room, ignore_errors=True)
    print(hosts_table(rows))
    broken = any(row.pop("broken") for row in rows)
    if not given.story:
        HOSTS.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    return int(broken)


def main() -> int:
    """Run it."""
    asked = argparse.ArgumentParser(prog="python -m bench.crash.hosts", description=__doc__)
    asked.add_argument("--story", action="append", choices=STORIES)
    asked.add_argument("--times", type=int, default=3)
    asked.add_argument("--keep", action="store_true", help="keep the folder with the logs")
    asked.add_argument("--within", action="store_true", help=argparse.SUPPRESS)
    given = asked.parse_args()
    if given.within:
        return _within(given)
    if not lan.allowed():
        print("This machine does not allow network namespaces: run this as root.", file=sys.stderr)
        return 2
    command = ["unshare", "--net", sys.executable, "-m", "bench.crash.hosts", "--within", *sys.argv[1:]]
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
