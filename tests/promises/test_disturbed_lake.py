"""The lake under a full disk and under several writers at once: said in a sentence, and whole again afterwards."""

import json
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.registry.test_crash import copy_of, environment_of, run_import

pytestmark = pytest.mark.crash

Clean = tuple[Path, dict[str, Any], dict[str, Any]]


def _tifo(folder: Path, *words: str, limit: int = 0) -> "subprocess.Popen[str]":
    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    return subprocess.Popen(
        [sys.executable, "-m", "tifo", *words, "--json"],
        env=environment_of(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=small_files if limit else None,
    )


def _answer(process: "subprocess.Popen[str]") -> Any:
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return json.loads(out)


def test_a_full_disk_keeps_the_lake_as_it_was(prepared: Path, clean: Clean, tmp_path: Path) -> None:
    folder = copy_of(prepared, tmp_path / "data")
    assert run_import(folder, clean[0]).returncode == 0
    full = _tifo(folder, "audiences", "count", "everyone()", limit=100_000)
    _, err = full.communicate(timeout=120)
    assert full.returncode == 1
    assert err.startswith("tifo: No room is left on the disk"), err
    assert not (folder / "lake" / "current.json").exists()
    assert _answer(_tifo(folder, "audiences", "count", "everyone()"))["count"] == 100


def test_w4_several_writers_at_once_leave_one_sound_lake(
    prepared: Path, clean: Clean, tmp_path: Path
) -> None:
    folder = copy_of(prepared, tmp_path / "data")
    assert run_import(folder, clean[0]).returncode == 0
    writers = [_tifo(folder, "lake", "rebuild") for _ in range(2)]
    asking = _tifo(folder, "audiences", "count", "everyone()")
    numbers = [_answer(writer)["generation"] for writer in writers]
    assert len(set(numbers)) == 2
    assert _answer(asking)["count"] == 100
    assert _answer(_tifo(folder, "audiences", "count", 'consents("newsletter")'))["count"] == 50
