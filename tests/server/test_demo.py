"""The demo's world: big enough to be believed, the same from the same seed, loaded once."""

import csv
import json
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from tests.draws.verifier import verifier
from tests.processes import run_tifo
from tifo.fanclub.public import sources
from tifo.fans.public import create_fan, join_club
from tifo.kernel.public import clock
from tifo.points.public import balances, board, broken_promises
from tifo.rewards.public import State, offers, transcript
from tifo.server.demo.club import load_club
from tifo.server.demo.rewards import load_rewards
from tifo.server.demo.world import FIRST_FAN, write_world

TODAY = date(2027, 5, 3)


def _rows(folder: Path, name: str) -> list[dict[str, str]]:
    (path,) = folder.rglob(name)
    with path.open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


def _content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.csv")}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    write_world(folder, seed=1, today=TODAY)
    return folder


def test_the_world_is_as_big_as_promised(world: Path) -> None:
    assert len(_rows(world, "sessions.csv")) == 40
    assert len(_rows(world, "venues.csv")) == 8
    tickets = _rows(world, "tickets.csv")
    assert len(tickets) == 12_000
    assert {row["status"] for row in tickets} >= {"valid", "transferred", "cancelled"}
    fans = [
        row
        for path in world.glob("*.csv")
        for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines())
    ]
    assert len(fans) == 5_000
    languages = Counter(row["language"] for row in fans)
    assert {"fr", "en", "es", "ar"} <= {code for code, count in languages.items() if count >= 200}
    assert FIRST_FAN in {row["email"] for row in fans}
    assert all(row["email"].endswith(".example") for row in fans)  # nobody real can be mailed (RFC 2606)


def test_the_same_seed_makes_the_same_world(world: Path, tmp_path: Path) -> None:
    write_world(tmp_path / "same", seed=1, today=TODAY)
    write_world(tmp_path / "other", seed=2, today=TODAY)
    assert _content(tmp_path / "same") == _content(world)
    assert _content(tmp_path / "other") != _content(world)


def test_it_is_loaded_once_and_ready_to_be_sent(tmp_path: Path) -> None:
    data = tmp_path / "a house"
    first, second = (run_tifo("demo", "--json", data=data) for _ in range(2))
    assert first.returncode == 0, first.stderr
    assert json.loads(first.stdout) == {"loaded": True}
    assert json.loads(second.stdout) == {"loaded": False}
    counted = run_tifo("audiences", "count", "everyone()", "--json", data=data)
    assert json.loads(counted.stdout)["count"] == 5_000
    earned = run_tifo("audiences", "count", "points() >= 50 and club.member", "--json", data=data)
    assert json.loads(earned.stdout)["count"] == 60
    exported = run_tifo(
        "campaigns", "check", "src/tifo/server/demo/three-weeks-to-go.yaml", "--json", data=data
    )
    assert exported.returncode == 0, exported.stderr


def test_it_does_not_mix_with_real_people(tmp_path: Path) -> None:
    people = tmp_path / "people.csv"
    people.write_text("email\nlea@lac.example\n", encoding="utf-8")
    assert run_tifo("migrate", data=tmp_path).returncode == 0
    assert run_tifo("fans", "import", str(people), "--source", "tests", data=tmp_path).returncode == 0
    refused = run_tifo("demo", data=tmp_path)
    assert refused.returncode == 1
    assert "choose another TIFO_DATA" in refused.stderr


@pytest.mark.django_db
def test_the_club_is_loaded_again_without_a_second_point() -> None:
    lea = create_fan(
        source="demo", email=FIRST_FAN, first_name="Léa", last_name="Moreau", birth_date="1996-05-01"
    )
    omar = create_fan(source="demo", email="omar@lac.example", first_name="Omar", birth_date="1990-01-01")
    for fan in (lea, omar):
        join_club(fan)
    load_club(seed=1, first_day=date(2026, 5, 3))
    first = balances([lea, omar])
    load_club(seed=1, first_day=date(2026, 5, 3))
    assert balances([lea, omar]) == first
    assert first[lea].points >= 10
    assert [line.name for line in board(lea, "all").lines if line.hers] == ["Léa M."]
    assert sorted(place.code for place in sources()) == ["city-festival", "lake-radio", "station-poster"]
    assert broken_promises() == []


@pytest.mark.django_db
def test_the_offers_are_two_open_and_one_drawn_that_anybody_can_check() -> None:
    for name in (FIRST_FAN, "omar@lac.example", "ada@lac.example"):
        join_club(create_fan(source="demo", email=name))
    today = clock.now().date()
    load_rewards(today)
    load_rewards(today)
    assert {one.name: one.state for one in offers()} == {
        "opening-night": State.DRAWN,
        "marathon-bibs": State.OPEN,
        "scarves": State.OPEN,
    }
    assert verifier.verify(transcript("opening-night")).good
