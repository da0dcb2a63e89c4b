"""`tifo doctor` says what is wrong and what mends it, and changes nothing."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.processes import run_tifo


def _findings(data: Path, **environment: str) -> tuple[int, dict[str, dict[str, Any]]]:
    done = run_tifo("doctor", "--json", data=data, **environment)
    return done.returncode, {one["subject"]: one for one in json.loads(done.stdout)}


def test_an_empty_house_is_told_to_migrate(tmp_path: Path) -> None:
    code, found = _findings(tmp_path / "my data")
    assert code == 1
    assert found["database"]["state"] == "stop"
    assert found["database"]["mend"] == "tifo migrate"
    assert found["mail server"]["state"] == "watch"


def test_after_migrating_it_can_run(tmp_path: Path) -> None:
    assert run_tifo("migrate", data=tmp_path).returncode == 0
    code, found = _findings(tmp_path)
    assert code == 0
    assert found["database"]["state"] == "good"
    assert found["worker"]["mend"] == "tifo worker, or tifo serve"
    assert found["lake"]["mend"] == "tifo lake refresh"


@pytest.mark.parametrize("url", ["http://tifo.example", "https://tifo.example"])
def test_in_production_links_must_be_encrypted(tmp_path: Path, url: str) -> None:
    names = ("TIFO_PUBLIC_URL", "TIFO_TRACK_URL")
    more = {
        "TIFO_ENV": "production",
        "TIFO_SECRET_KEY": "a-long-text-for-this-test-only-0123456789",
        "TIFO_SENDER": "Games <news@tifo.example>",
        "TIFO_POSTAL_ADDRESS": "1 Quay",
        "TIFO_SMTP_URL": "smtp://127.0.0.1:1",
        "TIFO_PUBLIC_URL": url,
        "TIFO_TRACK_URL": "http://127.0.0.1:1",
    }
    _code, found = _findings(tmp_path, **more)
    assert found[names[0]]["state"] == ("good" if url.startswith("https") else "stop")
    assert found[names[1]]["state"] == "stop"
    assert found["approval"]["state"] == "watch"
    assert found["bounces"]["mend"] == "TIFO_RETURN_PATH=bounces@…"
