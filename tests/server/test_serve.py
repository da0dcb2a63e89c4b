"""`tifo serve`: all parts start together, say where they are, and end together."""

import signal
import socket
from pathlib import Path

import psutil
import pytest

from tests.processes import house_of_its_own, run_tifo, served, wait_for


@pytest.fixture
def house(tmp_path: Path) -> dict[str, str]:
    """The variables of a house of its own, its tables made, on ports that are free."""
    data = tmp_path / "my data"
    assert run_tifo("migrate", data=data).returncode == 0
    return house_of_its_own(data)


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_it_starts_says_where_and_ends_with_all_its_parts(
    house: dict[str, str], tmp_path: Path, ending: signal.Signals
) -> None:
    log = tmp_path / "log"
    process = served(house, log)
    try:
        wait_for(f"{house['TIFO_PUBLIC_URL']}/studio/sign-in/", process)
        parts = psutil.Process(process.pid).children(recursive=True)
        assert {arguments[-1] for part in parts if (arguments := part.cmdline())} >= {
            "web",
            "tracker",
            "inbox",
            "worker",
        }
        process.send_signal(ending)
        assert process.wait(30) == 0
        gone, alive = psutil.wait_procs(parts, timeout=5)
        assert alive == []
        assert len(gone) == len(parts)
    finally:
        process.kill()
        process.wait()
    said = log.read_text()
    for page in ("/", "/studio/", "/inbox/", "/api/docs"):
        assert f"{house['TIFO_PUBLIC_URL']}{page}\n" in said
    assert "Traceback" not in said


def test_when_a_part_dies_all_end_so_that_nobody_believes_it_runs(
    house: dict[str, str], tmp_path: Path
) -> None:
    process = served(house, tmp_path / "log")
    try:
        wait_for(f"{house['TIFO_PUBLIC_URL']}/studio/sign-in/", process)
        parts = psutil.Process(process.pid).children(recursive=True)
        (tracker,) = (
            part for part in parts if part.cmdline()[-1] == "tracker" and part.ppid() == process.pid
        )
        tracker.kill()
        assert process.wait(30) == 1
        assert psutil.wait_procs(parts, timeout=5)[1] == []
    finally:
        process.kill()
        process.wait()
    assert "tracker" in (tmp_path / "log").read_text()


@pytest.mark.parametrize("setting", ["TIFO_WEB_BIND", "TIFO_TRACK_BIND", "TIFO_INBOX_BIND"])
def test_a_port_in_use_is_one_line_with_the_mend(house: dict[str, str], tmp_path: Path, setting: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        process = served(house | {setting: f"127.0.0.1:{port}"}, tmp_path / "log")
        assert process.wait(20) == 1
    assert (tmp_path / "log").read_text() == (
        f"tifo: Port {port} is in use: stop what listens there, or choose another: "
        f"{setting}=127.0.0.1:{port + 1000}\n"
    )


def test_an_address_that_is_none_says_how_it_must_read(house: dict[str, str], tmp_path: Path) -> None:
    process = served(house | {"TIFO_WEB_BIND": "everywhere"}, tmp_path / "log")
    assert process.wait(20) == 1
    (line,) = (tmp_path / "log").read_text().splitlines()
    assert line.startswith("tifo: TIFO_WEB_BIND='everywhere' ")
    assert line.endswith("127.0.0.1:8000")
