"""Generations in files: the next is made from the last but one, unless it is read; killed anywhere, nothing is lost."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import LazySettings

from tests.processes import environment
from tifo.fans.public import create_fan, erase_fan, update_fan
from tifo.kernel.public import data_path
from tifo.lake.adapters.duckdb import recycling
from tifo.lake.public import current_generation, reading, rebuild, refresh, tables

pytestmark = pytest.mark.django_db(transaction=True)

COUNT = "SELECT count(*) AS n FROM fan"


@pytest.fixture(autouse=True)
def _in_duckdb(settings: LazySettings) -> None:
    settings.TIFO_LAKE_URL = ""


def _folder() -> Path:
    return data_path("lake", "current.json").parent


def _inode(number: int) -> int:
    return recycling.generation_path(_folder(), number).stat().st_ino


def _fan(number: int) -> int:
    return create_fan(source="tests", email=f"fan{number}@lac.example", language="fr")


def _everything() -> dict[str, list[dict[str, object]]]:
    with reading() as reader:
        return {
            name: reader.sql(f'SELECT * FROM "{name}" ORDER BY ALL').to_pylist() for name in sorted(tables())
        }


def _current() -> int:
    generation = current_generation()
    assert generation is not None
    return generation.number


def _two_generations() -> tuple[int, int]:
    made = _fan(1)
    refresh()
    _fan(2)
    return made, refresh().number


def test_the_last_but_one_becomes_the_next() -> None:
    fan, number = _two_generations()
    spare = _inode(number - 1)
    update_fan(fan, language="es")
    third = refresh().number
    assert _inode(third) == spare
    erase_fan(fan)
    _fan(3)
    refresh()
    followed = _everything()
    rebuild()
    assert _everything() == followed


def test_a_generation_that_is_read_is_left_alone() -> None:
    _fan(1)
    refresh()
    with reading() as reader:
        _fan(2)
        spare = _current()
        refresh()
        held = _inode(spare)
        _fan(3)
        assert _inode(refresh().number) != held
        assert reader.sql(COUNT).to_pylist() == [{"n": 1}]
    with reading() as reader:
        assert reader.sql(COUNT).to_pylist() == [{"n": 3}]


def test_a_change_too_large_to_keep_is_followed_by_a_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recycling, "MOST", 0)
    _, number = _two_generations()
    spare = _inode(number - 1)
    _fan(3)
    assert _inode(refresh().number) != spare
    with reading() as reader:
        assert reader.sql(COUNT).to_pylist() == [{"n": 3}]


def test_a_kept_change_that_is_damaged_is_followed_by_a_copy() -> None:
    _, number = _two_generations()
    for path in (_folder() / f"change-{number}").glob("*.arrow"):
        path.write_bytes(b"not Arrow")
    _fan(3)
    refresh()
    with reading() as reader:
        assert reader.sql(COUNT).to_pylist() == [{"n": 3}]


@pytest.mark.crash
@pytest.mark.parametrize("point", ["lake.taken", "lake.followed", "lake.named"])
def test_killed_while_it_recycles(point: str, settings: LazySettings) -> None:
    fan, number = _two_generations()
    erase_fan(fan)
    _fan(3)
    command = [sys.executable, "-m", "tifo", "lake", "refresh"]
    killed = subprocess.run(command, env=environment(settings, TIFO_CRASH_AT=point), check=False)
    assert killed.returncode == 137
    assert _current() == number
    with reading() as reader:
        assert reader.sql(COUNT).to_pylist() == [{"n": 2}]
    _fan(4)
    refresh()
    _fan(5)
    refresh()
    followed = _everything()
    assert len(followed["fan"]) == 5
    rebuild()
    assert _everything() == followed
