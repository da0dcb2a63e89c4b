"""A dead database and a full disk: said in a clear sentence, and once they are mended everything goes on by itself."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from django.conf import LazySettings
from django.db import DatabaseError, connection

from tests import cluster
from tests.accounts.signing import staff_client
from tests.delivery.world import Recorder, entered, fans, newsletter, woven
from tests.loops import elsewhere
from tests.processes import environment
from tifo.consents.public import consent_states
from tifo.delivery.models import HitFile
from tifo.delivery.public import claim, counts, cross, recover
from tifo.delivery.web.tracker import Tracker
from tifo.server.mends import mend_of
from tifo.server.worker import House

ROOT = Path(__file__).parents[2]


async def _visit(*ways: tuple[str, str]) -> list[int]:
    app = Tracker()
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://t.example.org") as client:
        answers = [(await client.request(method, path)).status_code for method, path in ways]
    await app.close()
    return answers


def _newsletter_state(fan_id: int) -> str:
    return next(state.state for state in consent_states(fan_id) if state.purpose == "newsletter")


@pytest.mark.django_db(transaction=True)
def test_c2_t3_a_dead_database_is_said_and_nothing_is_lost_or_twice(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """C2, C5, T3: while PostgreSQL is stopped the studio says to come back, the tracker answers and keeps, nothing is sent;
    started again, the same processes go on."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no server that dies; see the full disk")
    her, other = fans(2)
    mailing = newsletter()
    entered(mailing, [her, other])
    waiting = claim(mailing, 0, owner="a")
    hers = next(one for one in waiting if one.fan_id == her)
    browser, sink, house = staff_client("communicator"), Recorder(), House()
    browser.raise_request_exception = False
    assert browser.get("/studio/campaigns/").status_code == 200
    folder = Path(connection.settings_dict["HOST"])
    cluster.stop(folder)
    try:
        page = browser.get("/studio/campaigns/")
        assert (page.status_code, page.headers["Retry-After"]) == (503, "60")
        assert "Not now, but soon" in page.content.decode()
        assert elsewhere(
            asyncio.run,
            _visit(("GET", f"/o/{hers.link_token}.gif"), ("POST", f"/u/{hers.unsubscribe_token}")),
        ) == [200, 200]
        with pytest.raises(DatabaseError):
            cross(mailing, woven(waiting), sink)
        with pytest.raises(DatabaseError) as down:
            house.round()
        said = mend_of(down.value) or ""
        assert said.startswith("The database doesn't answer: start it, or mend TIFO_DATABASE_URL. It said: ")
        assert sink.parcels == []
    finally:
        connection.close()
        cluster.start(folder)
    assert browser.get("/studio/campaigns/").status_code == 200
    house.round(early=True)
    assert _newsletter_state(her) == "withdrawn"
    assert sum(HitFile.objects.values_list("hits", flat=True)) == 1
    recover(mailing, 0, owner="b")
    cross(mailing, woven(claim(mailing, 0, owner="b")), sink)
    assert [parcel.recipient for parcel in sink.parcels] == ["fan1@example.org"]
    found = counts(mailing)
    assert (found.accepted, found.suppressed.total(), found.open) == (1, 1, 0)


@pytest.mark.django_db(transaction=True)
def test_a_full_disk_is_said_and_nothing_is_lost_or_twice(settings: LazySettings, tmp_path: Path) -> None:
    """C7, T3, W2, W3: on a small disk of its own that is filled up and cleared again, see full_disk.py."""
    if connection.vendor != "sqlite":
        pytest.skip("the database lies on the disk that is full")
    disk = tmp_path / "disk"
    disk.mkdir()
    made = f"mount -t tmpfs -o size=48m tmpfs '{disk}' && exec '{sys.executable}' -m tests.server.full_disk '{disk}'"
    with connection.cursor() as cursor:
        cursor.execute("VACUUM INTO %s", [str(tmp_path / "base")])
    variables = environment(
        settings,
        DJANGO_SETTINGS_MODULE="tifo.server.settings",
        TIFO_DATA=str(disk),
        TIFO_DATABASE_URL="",
        XDG_STATE_HOME=str(tmp_path / "state"),
        PYTHONPATH=os.pathsep.join((str(ROOT / "src"), str(ROOT))),
        BASE=str(tmp_path / "base"),
    )
    del variables["TIFO_DATABASE_URL"]
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", made],
        env=variables, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    if not os.path.ismount(disk) and ("unshare" in done.stderr or "mount:" in done.stderr):
        pytest.skip("this machine does not allow a disk of our own")
    assert done.returncode == 0, done.stderr[-4000:]
    assert json.loads(done.stdout.splitlines()[-1]) == {"told": True}
