"""The story of a full disk, told in a process of its own: `python -m tests.server.full_disk DISK` (see test_faults.py).

The disk is small, and all of tifo's lies on it: base, hits, withdrawals, archive, uploads. It is filled to the last byte, looked
at from the studio, the tracker, the worker and the command line, and cleared again.
"""

import asyncio
import json
import os
import shutil
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path

DISK = Path(sys.argv[1])
shutil.copy(os.environ["BASE"], DISK / "tifo.sqlite3")
with sqlite3.connect(DISK / "tifo.sqlite3") as base:
    base.execute("PRAGMA journal_mode=WAL")

import django  # noqa: E402  the base first

django.setup()

import httpx  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import setup_test_environment  # noqa: E402

from tests.accounts.signing import staff_client  # noqa: E402
from tests.delivery.world import Recorder, entered, fans, newsletter, woven  # noqa: E402
from tifo.consents.public import consent_states  # noqa: E402
from tifo.delivery.models import HitFile  # noqa: E402
from tifo.delivery.public import claim, counts, cross, recover  # noqa: E402
from tifo.delivery.web.tracker import Tracker  # noqa: E402
from tifo.fans.models import Fan  # noqa: E402
from tifo.server import cli  # noqa: E402
from tifo.server.mends import mend_of  # noqa: E402
from tifo.server.worker import House  # noqa: E402

MEND = "make room and run this again; it goes on where it stopped."
PEOPLE = "email,first_name\n" + "".join(f"new{n}@example.org,New\n" for n in range(50)) + "nonsense,Bad\n"
BALLAST = DISK / "ballast"


def fill() -> None:
    """To the last byte, after whatever is still open took its share."""
    with BALLAST.open("ab", buffering=0) as file:
        size = 1 << 20
        while size:
            try:
                if not file.write(b"x" * size):
                    size //= 2
            except OSError:
                size //= 2


def refused(act: Callable[[], object]) -> str:
    """What is said where there is no room."""
    try:
        act()
    except Exception as error:
        return mend_of(error) or repr(error)
    return "nothing"


def command(*arguments: str) -> str:
    """What `tifo …` says at its end."""
    sys.argv = ["tifo", *arguments]
    try:
        cli.main()
    except SystemExit as end:
        return str(end.code or "")
    return ""


def expect(found: object, wanted: object) -> None:
    """Say what is not as it should be."""
    if found != wanted:
        raise AssertionError(f"{found!r} instead of {wanted!r}")


async def tell(browser: Client, people: Path) -> None:
    """The tracker lives through it; all others act beside it."""
    her, _other = fans(2)
    mailing = newsletter()
    entered(mailing, list(Fan.objects.values_list("pk", flat=True)))
    waiting = claim(mailing, 0, owner="a")
    hers = next(one for one in waiting if one.fan_id == her)
    sink, house, app = Recorder(), House(), Tracker()
    web = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t.example.org")
    fill()
    connection.close()  # its log is written back to the base meanwhile
    fill()

    page = browser.get("/studio/campaigns/")
    expect(page.status_code, 200)
    expect("The disk is full" in page.content.decode(), True)
    expect((await web.get(f"/o/{hers.link_token}.gif")).status_code, 200)
    expect((await web.post(f"/u/{hers.unsubscribe_token}")).status_code, 503)
    for said in (
        refused(lambda: cross(mailing, woven(waiting), sink)),
        refused(lambda: house.round(early=True)),
        command("fans", "import", str(people), "--source", "club").removeprefix("tifo: "),
    ):
        expect((said.startswith("No room is left on the disk"), said.endswith(MEND)), (True, True))
    expect(sink.parcels, [])
    await asyncio.sleep(1)  # the hit was tried to be written meanwhile, and waits

    BALLAST.unlink()
    expect((await web.post(f"/u/{hers.unsubscribe_token}")).status_code, 200)
    await web.aclose()
    await app.close()
    while house.round(early=True):
        pass
    states = {state.purpose: state.state for state in consent_states(her)}
    expect(states["newsletter"], "withdrawn")
    expect(sum(HitFile.objects.values_list("hits", flat=True)), 1)
    recover(mailing, 0, owner="b")
    cross(mailing, woven(claim(mailing, 0, owner="b")), sink)
    expect([parcel.recipient for parcel in sink.parcels], ["fan1@example.org"])
    found = counts(mailing)
    expect((found.accepted, found.suppressed.total(), found.open, found.unknown), (1, 1, 0, 0))
    expect(command("fans", "import", str(people), "--source", "club"), "")
    expect(Fan.objects.filter(email__startswith="new").count(), 50)
    expect("The disk is full" in browser.get("/studio/campaigns/").content.decode(), False)


if __name__ == "__main__":
    setup_test_environment()
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    file = Path(os.environ["BASE"]).with_name("people.csv")
    file.write_text(PEOPLE)
    signed_in = staff_client("communicator")
    signed_in.raise_request_exception = False
    asyncio.run(tell(signed_in, file))
    print(json.dumps({"told": True}))  # noqa: T201  for the test that waits for it
