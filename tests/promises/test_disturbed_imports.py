"""W3, W4: whatever disturbs an import (kill -9 at any moment, a full disk, a busy database, a second one of the same
file), it says so in a sentence, and run again it ends as one clean run."""

import random
import resource
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.registry.test_crash import (
    IMPORT,
    copy_of,
    environment_of,
    figures_of,
    run_import,
    state_of,
)

Clean = tuple[Path, dict[str, Any], dict[str, Any]]

pytestmark = pytest.mark.crash


def _started(folder: Path, file: Path, before: Callable[[], None] | None = None) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", IMPORT, str(file)],
        env=environment_of(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=before,
    )


def _base(folder: Path) -> Path:
    return next(path for path in folder.iterdir() if path.suffix == ".sqlite3")


def test_w3_killed_at_random_moments_and_run_again_is_as_one_clean_run(
    prepared: Path,
    clean: Clean,
    tmp_path: Path,
) -> None:
    file, figures, state = clean
    folder = copy_of(prepared, tmp_path / "data")
    began = time.monotonic()
    assert run_import(copy_of(prepared, tmp_path / "timed"), file).returncode == 0
    whole = time.monotonic() - began
    chance = random.Random(11)
    for _ in range(3):
        process = _started(folder, file)
        time.sleep(whole * chance.uniform(0.6, 0.97))  # before that it only loads
        process.kill()
        process.communicate()
    done = run_import(folder, file)
    assert done.returncode == 0, done.stderr
    assert state_of(folder) == state
    assert figures_of(done.stdout)["rejects"] == figures["rejects"]


def _small_files() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, 150_000))


def _as_tifo(
    folder: Path, file: Path, before: Callable[[], None] | None = None
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "tifo", "fans", "import", str(file), "--source", "x", "--json"],
        env=environment_of(folder),
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=before,
    )


def test_w3_a_full_disk_is_said_and_the_next_run_goes_on(
    prepared: Path, clean: Clean, tmp_path: Path
) -> None:
    file, _, state = clean
    folder = copy_of(prepared, tmp_path / "data")
    full = _as_tifo(folder, file, _small_files)
    assert full.returncode == 1
    assert full.stderr.strip().splitlines()[-1].startswith("tifo: No room is left on the disk")
    assert "Traceback" not in full.stderr
    assert _as_tifo(folder, file).returncode == 0
    assert state_of(folder) == state


def test_a_busy_database_is_waited_for(prepared: Path, clean: Clean, tmp_path: Path) -> None:
    file, _, state = clean
    folder = copy_of(prepared, tmp_path / "data")
    holder = sqlite3.connect(_base(folder), isolation_level=None, check_same_thread=False)
    holder.execute("BEGIN IMMEDIATE")
    released = threading.Timer(3.0, holder.rollback)
    released.start()
    done = run_import(folder, file)
    released.join()
    holder.close()
    assert done.returncode == 0, done.stderr
    assert state_of(folder) == state


def test_w4_the_same_file_twice_at_once_is_imported_once(
    prepared: Path, clean: Clean, tmp_path: Path
) -> None:
    file, figures, state = clean
    folder = copy_of(prepared, tmp_path / "data")
    both = [_started(folder, file) for _ in range(2)]
    ends = [(*process.communicate(timeout=60), process.returncode) for process in both]
    assert 0 in [code for *_, code in ends]
    for out, err, code in ends:
        if code:
            assert "is being imported by another process" in err
        else:
            assert figures_of(out)["read"] == figures["read"]
    found = state_of(folder)
    assert found["fans"] == state["fans"]
    assert found["tastes"] == state["tastes"]
    assert found["ledger"] == state["ledger"]


def test_an_unprepared_base_says_the_mend(tmp_path: Path, clean: Clean) -> None:
    done = _as_tifo(tmp_path / "new base", clean[0])
    assert (done.returncode, done.stderr) == (
        1,
        "tifo: The database isn't prepared for this version: run `tifo migrate`, then this again.\n",
    )
