"""W3: killed at any point and run again, an import gives the result of one clean run."""

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.crash

POINTS = (
    "registry.stage.block:2",
    "registry.stage.written",
    "registry.import.chunk:2",
    "registry.import.uncommitted:2",
    "registry.import.committed",
    "registry.import.merged",
    "registry.import.gathered",
    "registry.import.tastes",
    "registry.import.rejects",
    "registry.import.finished",
)

IMPORT = """
import sys, django
django.setup()
from tifo.registry.actions import staging
staging.CHUNK = 40
from tifo.registry.cli import import_people
import_people([sys.argv[1], "--source", "x", "--json"], standalone_mode=False)
"""

STATE = {
    "fans": "SELECT email, first_name, last_name, source, member_since IS NULL FROM fans_fan ORDER BY email",
    "identities": 'SELECT i.kind, i."key", f.email FROM fans_identity i JOIN fans_fan f ON f.id = i.fan_id ORDER BY 1, 2',
    "consents": "SELECT f.email, h.purpose, h.state, h.version, h.moment FROM consents_head h "
    "JOIN fans_fan f ON f.id = h.fan_id ORDER BY 1, 2",
    "ledger": "SELECT f.email, e.purpose, e.version, e.act, e.source FROM consents_entry e "
    "JOIN fans_fan f ON f.id = e.fan_id ORDER BY 1, 2, 3",
    "tastes": "SELECT f.email, t.slug, p.score FROM preferences_preference p JOIN fans_fan f ON f.id = p.fan_id "
    "JOIN preferences_topic t ON t.id = p.topic_id ORDER BY 1, 2",
}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty base to copy."""
    folder = tmp_path_factory.mktemp("base")
    environment = environment_of(folder)
    subprocess.run(
        [sys.executable, "-m", "django", "migrate", "-v0"], env=environment, check=True, capture_output=True
    )
    return folder


def environment_of(folder: Path, crash_at: str = "") -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TIFO_", "PYTEST"))}
    return {
        **kept,
        "DJANGO_SETTINGS_MODULE": "tifo.server.settings",
        "TIFO_DATA": str(folder),
        "TIFO_SECRET_KEY": "the same in every run",
        "TIFO_CRASH_AT": crash_at,
    }


def copy_of(prepared: Path, to: Path) -> Path:
    import shutil

    shutil.copytree(prepared, to)
    return to


def people_file(folder: Path) -> Path:
    lines = ["email,first_name,last_name,consent:newsletter,likes:judo,club_member"]
    for n in range(100):
        lines.append(
            f"fan{n}@example.org,First{n},,{'2024-01-01' if n % 2 else ''},{'0.5' if n % 3 else ''},yes"
        )
    lines += ["broken,,,,,"]
    lines += [f"FAN{n}@example.org,Other,Last{n},withdrawn 2024-05-01,0.9," for n in range(0, 100, 10)]
    path = folder / "people.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def run_import(folder: Path, path: Path, crash_at: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", IMPORT, str(path)],
        env=environment_of(folder, crash_at),
        capture_output=True,
        text=True,
        check=False,
    )


def state_of(folder: Path) -> dict[str, Any]:
    database = next(path for path in folder.iterdir() if path.suffix in (".sqlite3", ".db", ".sqlite"))
    connection = sqlite3.connect(database)
    try:
        return {name: connection.execute(sql).fetchall() for name, sql in STATE.items()}
    finally:
        connection.close()


def figures_of(stdout: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(stdout)
    found["rejects"] = Path(found.pop("rejects_file")).read_text(encoding="utf-8-sig")
    return found


@pytest.fixture(scope="module")
def clean(
    prepared: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict[str, Any], dict[str, Any]]:
    """The file, and what one clean run makes of it."""
    folder = tmp_path_factory.mktemp("clean")
    path = people_file(folder)
    done = run_import(copy_of(prepared, folder / "data"), path)
    assert done.returncode == 0, done.stderr
    figures = figures_of(done.stdout)
    assert {name: figures[name] for name in ("read", "created", "updated", "rejected")} == {
        "read": 111,
        "created": 100,
        "updated": 10,
        "rejected": 1,
    }
    return path, figures, state_of(folder / "data")


@pytest.mark.parametrize("point", POINTS)
def test_w3_killed_anywhere_and_run_again_is_as_one_clean_run(
    prepared: Path, clean: tuple[Path, dict[str, Any], dict[str, Any]], tmp_path: Path, point: str
) -> None:
    path, figures, state = clean
    folder = copy_of(prepared, tmp_path / "data")
    killed = run_import(folder, path, point)
    assert killed.returncode == 137, f"{point} was not reached: {killed.stderr}"
    done = run_import(folder, path)
    assert done.returncode == 0, done.stderr
    assert (figures_of(done.stdout), state_of(folder)) == (figures, state)
