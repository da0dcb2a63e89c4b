"""Two hosts send one campaign, each in a network of its own; one of them dies in the middle (bench/crash/scenario.py)."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from bench.crash import lan
from django.conf import LazySettings
from django.db import connection

from tests.processes import environment

ROOT = Path(__file__).parents[2]


@pytest.mark.django_db(transaction=True)
def test_m3_m6_a_host_that_dies_in_the_middle_is_stood_in_for(settings: LazySettings, tmp_path: Path) -> None:
    """M3, M4, M5, M6: its processes are killed while messages are in the air; the other host sends the rest."""
    if connection.vendor != "postgresql":
        pytest.skip("several hosts need PostgreSQL")
    if not lan.allowed():
        pytest.skip("this machine does not allow network namespaces (root and the ip command are needed)")
    variables = environment(
        settings,
        DJANGO_SETTINGS_MODULE="tifo.server.settings",
        XDG_STATE_HOME=str(tmp_path / "state"),
        PYTHONPATH=os.pathsep.join(("src", ".")),
        CRASH_FANS="96",
        CRASH_DEADLINE="240",
    )
    told = subprocess.run(
        ["unshare", "--net", sys.executable, "-m", "bench.crash.scenario", "killed", str(tmp_path / "story")],
        env=variables, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
    said = json.loads(told.stdout.splitlines()[-1])
    assert said["broken"] == []
    assert said["duplicates"] == said["silent_losses"] == 0
