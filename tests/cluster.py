"""Run a command with a throw-away PostgreSQL: `python -m tests.cluster -- python -m pytest`.

The cluster lies in a temporary folder, listens on a socket there only, and is gone at the end.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MEND = "PostgreSQL is not installed. On Debian or Ubuntu: sudo apt-get install postgresql"


def binaries() -> Path:
    """The folder of initdb and pg_ctl, the newest version installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    if found:
        return found[-1].parent
    if path := shutil.which("initdb"):
        return Path(path).parent
    sys.exit(MEND)


def _as_server(command: list[str]) -> None:
    """PostgreSQL refuses to run as root: become its own user then."""
    if os.geteuid() == 0:
        command = ["runuser", "-u", "postgres", "--", *command]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/")


def start(folder: Path) -> None:
    """Start the server that lies there, and wait until it answers."""
    _as_server(
        [str(binaries() / "pg_ctl"), "-D", str(folder / "data"), "-w", "-l", str(folder / "log"), "start"]
    )


def stop(folder: Path, how: str = "fast") -> None:
    """End it: its connections are cut off."""
    _as_server([str(binaries() / "pg_ctl"), "-D", str(folder / "data"), "-w", "-m", how, "stop"])


@contextmanager
def cluster(listen: str = "") -> Iterator[Path]:
    """A server while the block runs; gives the folder of its socket, which is its host for a client. `listen`: an
    address on which other machines reach it too."""
    folder = Path(tempfile.mkdtemp(prefix="tifo-pg-"))
    tools, data = binaries(), folder / "data"
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    try:
        _as_server(
            [str(tools / "initdb"), "-D", str(data), "-U", "tifo", "--auth=trust", "--no-sync", "-E", "UTF8"]
        )
        if listen:
            with (data / "pg_hba.conf").open("a", encoding="ascii") as rules:
                rules.write("host all all samenet trust\n")
        with (data / "postgresql.conf").open("a", encoding="ascii") as settings:
            settings.write(
                f"listen_addresses = '{listen}'\nunix_socket_directories = '{folder}'\n"
                "fsync = off\nmax_connections = 200\nshared_buffers = 256MB\n"
            )
        start(folder)
        try:
            yield folder
        finally:
            stop(folder, "immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main() -> int:
    """Start, run the command with TIFO_DATABASE_URL set, stop."""
    command = sys.argv[sys.argv.index("--") + 1 :]
    with cluster() as folder:
        url = f"postgresql://tifo@/tifo?host={folder}"
        return subprocess.run(command, env={**os.environ, "TIFO_DATABASE_URL": url}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
