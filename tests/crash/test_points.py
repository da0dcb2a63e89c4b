"""The fast part of the crash matrix: its processes killed at their named points, on the database of the tests.

The sender stands in tests/delivery/test_crash.py, the planner in
tests/campaigns/test_plan.py, the lake writer in tests/lake/test_lake.py.
"""

from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest
from bench.crash.hitting import HitLoader, HitWriter
from bench.crash.importing import Importer
from bench.crash.part import Part
from django.conf import LazySettings
from django.core.management import call_command
from django.db import connections

from tests.crash.test_tracer import needs_tracing
from tests.delivery.test_crash import in_child

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.crash]

POINTS = {
    Importer: (
        "registry.stage.written", "registry.import.uncommitted:2", "registry.import.committed", "registry.import.tastes:2",
        "registry.import.finished",
    ),
    HitLoader: ("delivery.drained", "delivery.hits-archived:2"),
}  # fmt: skip


class Here:
    """The tests' own base and data folder as the world of a part."""

    def __init__(self, folder: Path, settings: LazySettings) -> None:
        self.folder, self._settings = folder, settings

    @property
    def data(self) -> Path:
        return Path(self._settings.TIFO_DATA)

    def empty(self, folder: Path) -> None:
        """Nobody in the base, nothing in the folder."""
        call_command("flush", verbosity=0, interactive=False)
        folder.mkdir()
        self._settings.TIFO_DATA = folder


@pytest.fixture
def here(tmp_path: Path, settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> Here:
    from bench.crash import hitting, importing

    for module, name in (
        (importing._staging, "CHUNK"), (importing._merging, "TASTES_AT_ONCE"), (hitting._hits, "BATCH_FILES"),
        (hitting._journal, "COMMIT_EVERY"), (hitting._journal, "ROTATE_EVERY"),
    ):  # fmt: skip
        monkeypatch.setattr(module, name, getattr(module, name))  # the parts make them small
    world = tmp_path / "world"
    world.mkdir()
    return Here(world, settings)


def _dies(part: Part, point: str) -> int:
    def act() -> None:
        with part.said.open("w") as out, redirect_stdout(out), redirect_stderr(out):
            part.act()

    return in_child(act, crash_at=point)


@pytest.mark.parametrize("kind", POINTS, ids=lambda kind: kind.name)
def test_killed_at_named_points_and_started_again_it_is_as_one_clean_run(
    kind: type[Part], here: Here, tmp_path: Path
) -> None:
    """W3, T4, C2: importer and hit loader leave nothing out and nothing twice."""
    clean: dict[str, Any] = {}
    for number, point in enumerate(("", *POINTS[kind])):
        here.empty(tmp_path / f"data {number}")
        part = kind(here, (0, 0, 0))  # type: ignore[arg-type]
        prepared = part.prepare()
        if not point:
            clean = prepared | part.clean()
            continue
        assert _dies(part, point) == 137, point
        verdict = part.finish(clean)
        assert (verdict.broken, verdict.duplicates, verdict.silent_losses) == ([], 0, 0), point


@needs_tracing
def test_t3_a_tracker_killed_anywhere_keeps_what_it_answered(here: Here) -> None:
    """T3, C7: every answered withdrawal, and every hit but those since the last commit."""
    from bench.crash import tracer

    part = HitWriter(here, (0, 0, 0))  # type: ignore[arg-type]
    for number in (95,):
        here.empty(here.folder / f"data {number}")
        part.prepare()
        connections.close_all()
        ended = tracer.run(part.act, f"{here.folder}/", kill_at=number, started=part.started)
        part.ended(killed=ended.killed)
        verdict = part.finish({})
        assert (verdict.broken, verdict.duplicates, verdict.silent_losses) == ([], 0, 0), str(ended)
