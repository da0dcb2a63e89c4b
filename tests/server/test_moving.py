"""A base goes to another database and back, into a backup and out of it, and loses nothing (V3 to V5)."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from django.conf import LazySettings
from django.db import connection, transaction

from tests.accounts.signing import staff_client
from tests.cluster import cluster
from tests.delivery.world import Recorder, entered, fan, newsletter, woven
from tests.processes import environment
from tests.spectators.files import write
from tifo.campaigns.public import read_campaign_file, save_campaign
from tifo.delivery.public import Outcome, Verdict, claim, counts, cross, suppress
from tifo.fans.models import Fan
from tifo.fans.public import create_fan, destination_key, erase_fan, fans
from tifo.kernel.public import Refused, deliver_events, revisions
from tifo.preferences.public import declare, ensure_topics
from tifo.registry.public import erasures_file, repeat_erasures
from tifo.server.moving import house
from tifo.server.moving.stream import number_on
from tifo.server.moving.tables import LEFT_BEHIND, tables
from tifo.spectators.public import import_programme

pytestmark = pytest.mark.django_db(transaction=True)

CAMPAIGN = """
campaign: moving-house
purpose: newsletter
fallback: en
audience: 'everyone()'
subject: {en: 'Hello', fr: 'Salut « toi » 👋'}
slots:
  - {slot: trunk, blocks: [welcome]}
blocks:
  welcome: {markdown: {en: "Come\\n\\n.dot", fr: "Viens"}}
"""


@pytest.fixture
def world(tmp_path: Path) -> int:
    """A little of everything; the id of a fan in it."""
    staff_client("communicator")
    lea, two, nobody = (
        fan(
            1, first_name="Léa\u200dé", last_name="O'\"N;\\", phone="+33612345678", timezone="Pacific/Tahiti"
        ),
        fan(2, first_name="ليلى", purposes=("newsletter", "tracking")),
        fan(3, purposes=()),
    )
    ensure_topics(["judo"])
    declare(lea, "judo", 0.3)
    erase_fan(nobody)
    suppress(destination_key("email", "gone@example.org"), "bounced")
    save_campaign(read_campaign_file(CAMPAIGN))
    import_programme(
        write(
            tmp_path / "event",
            venues="venue_code,name,timezone\nv,Teahupo'o,Pacific/Tahiti\n",
            sessions="session_code,sport,venue_code,starts_at,ends_at\nS,Surf,v,2027-07-27T10:00,2027-07-27T11:00\n",
            gates="venue_code,gate,opens_at\nv,A,09:30\n",
            tickets="ticket_ref,session_code,holder_email,status\nT1,S,fan1@example.org,valid\n",
        )
    )
    mailing = newsletter()
    entered(mailing, [lea, two])
    entered(mailing, [nobody], chunk=1)
    window = claim(mailing, 0, owner="a")
    doubt = {window[0].message_id: Outcome(Verdict.UNKNOWN, "body")}
    cross(
        mailing,
        woven(window),
        Recorder(lambda one: doubt.get(one.key, Outcome(Verdict.ACCEPTED, "body", 250))),
    )
    deliver_events()
    return lea


@pytest.fixture
def source(settings: LazySettings) -> str:
    return environment(settings)["TIFO_DATABASE_URL"]


@pytest.fixture
def postgresql() -> Iterator[str]:
    with cluster() as folder:
        yield f"postgresql://tifo@/postgres?host={folder}"


def in_base(url: str, settings: LazySettings, code: str) -> str:
    """What this code says in a process that works on another base."""
    variables = environment(settings, TIFO_DATABASE_URL=url, DJANGO_SETTINGS_MODULE="tifo.server.settings")
    variables["TIFO_DATABASE_URL"] = url
    done = subprocess.run(
        [sys.executable, "-c", f"import django; django.setup()\n{code}"],
        env=variables, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


GOES_ON = """
from django.db import DatabaseError, connection, transaction
from tifo.consents.public import verify_ledger
from tifo.delivery.models import Message
from tifo.fans.models import Fan
from tifo.fans.public import create_fan
from tifo.kernel.public import revisions
from tifo.kernel.models import OutboxEvent
from django.db.models import Max
newest = OutboxEvent.objects.aggregate(n=Max("rev"))["n"]
with transaction.atomic():
    assert revisions.current() > newest
highest = Fan.objects.aggregate(n=Max("id"))["n"]
assert create_fan(source="after", email="after@example.org") == highest + 1
assert verify_ledger() == []
try:
    with transaction.atomic():
        Message.objects.filter(state="accepted").update(state="planned")
except DatabaseError:
    print("guarded")
"""


def test_it_goes_to_postgresql_and_back_and_is_the_same(
    world: int, source: str, postgresql: str, settings: LazySettings, tmp_path: Path
) -> None:
    """Counts and digests of every table are equal on all three; numbers go on, and the database guards as before."""
    there = house.carry(source, postgresql, hold=True)
    assert there["fans_fan"][0] == 3
    assert there["delivery_message"][0] == 3
    back = house.carry(postgresql, house.url_of(tmp_path / "back.sqlite3"), hold=True)
    assert back == there
    assert in_base(postgresql, settings, GOES_ON) == "guarded"
    assert in_base(house.url_of(tmp_path / "back.sqlite3"), settings, GOES_ON) == "guarded"


def test_a_base_that_is_not_empty_is_not_written_over(world: int, source: str) -> None:
    with pytest.raises(Refused, match="is not empty"):
        house.carry(source, source, hold=False)
    assert counts(1).prepared >= 0


def test_a_stream_that_breaks_off_leaves_nothing(
    world: int, source: str, settings: LazySettings, tmp_path: Path
) -> None:
    variables = {**environment(settings), "TIFO_DATABASE_URL": source}
    command = [sys.executable, "-m", "tifo.server.moving"]
    whole = subprocess.run([*command, "send"], env=variables, capture_output=True, check=True).stdout
    target = tmp_path / "half.sqlite3"
    into_names = whole.index(b'"table"', len(whole) // 2) + 200  # what describes the columns of a table
    for length in (len(whole) // 2, into_names, len(whole) - 10):
        broken = subprocess.run(
            [*command, "receive"],
            env={**variables, "TIFO_DATABASE_URL": house.url_of(target)},
            input=whole[:length], capture_output=True, check=False,
        )  # fmt: skip
        assert broken.returncode == 1
        assert broken.stderr.decode().startswith("Nothing was moved")
        base = sqlite3.connect(target)
        assert base.execute("SELECT count(*) FROM fans_fan").fetchone() == (0,)
        assert base.execute("SELECT count(*) FROM consents_purpose").fetchone() == (5,)
        base.close()


def test_every_table_of_the_base_is_carried() -> None:
    with connection.cursor() as cursor:
        there = set(connection.introspection.table_names(cursor))
    assert {table.name for table in tables()} | LEFT_BEHIND | {"django_migrations", "accounts_cache"} == there


@pytest.fixture
def backup(world: int, tmp_path: Path) -> Path:
    archived = house.settings.TIFO_DATA / "archive" / "x" / "plan.parquet"
    archived.parent.mkdir(parents=True)
    archived.write_bytes(b"a plan")
    house.back_up(tmp_path / "backup")
    return tmp_path / "backup"


def restored(
    folder: Path, settings: LazySettings, target: Path, *more: str
) -> subprocess.CompletedProcess[str]:
    variables = {**environment(settings), "TIFO_DATABASE_URL": house.url_of(target)}
    command = [sys.executable, "-m", "tifo", "restore", str(folder), "--json", *more]
    return subprocess.run(command, env=variables, capture_output=True, text=True, check=False)


def test_v5_who_was_erased_since_the_backup_is_erased_again(
    world: int, backup: Path, settings: LazySettings, tmp_path: Path
) -> None:
    """V5: before anything else is done with a restored base, and V3: nothing of hers is in it any more."""
    erase_fan(world)
    deliver_events()
    target = tmp_path / "restored.sqlite3"
    done = restored(backup, settings, target)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["erased_again"] == 1
    assert said["tables"]["fans_fan"]["rows"] == 3
    base = sqlite3.connect(target)
    assert base.execute("SELECT email, first_name FROM fans_fan WHERE id = ?", [world]).fetchone() == (
        None,
        None,
    )
    assert base.execute("SELECT count(*) FROM fans_fan WHERE erased_at IS NULL").fetchone() == (1,)
    base.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    base.close()
    assert b"fan1@example.org" not in target.read_bytes()


def test_what_is_no_whole_backup_is_refused_and_none_is_ever_half_there(
    world: int, backup: Path, settings: LazySettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    erasures_file().unlink(missing_ok=True)
    target = tmp_path / "restored.sqlite3"
    done = restored(backup, settings, target)  # nobody knows who was erased since
    assert done.returncode == 1
    assert "--erasures" in done.stderr
    assert not target.exists()
    with (backup / "archive" / "x" / "plan.parquet").open("ab") as file:
        file.write(b"!")
    with pytest.raises(Refused, match="not the file that was backed up"):
        house.restore(backup)
    (backup / "manifest.json").unlink()
    with pytest.raises(Refused, match="no backup of tifo"):
        house.restore(backup)
    with pytest.raises(Refused, match="is there already"):
        house.back_up(backup)

    def fails(*_paths: object, **_how: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(house, "carry", fails)
    with pytest.raises(OSError, match="No space"):
        house.back_up(tmp_path / "second")
    assert not (tmp_path / "second").exists()


def test_an_export_can_be_read_without_tifo(world: int, tmp_path: Path) -> None:
    said = house.export(tmp_path / "export")
    people = pq.read_table(tmp_path / "export" / "fans_fan.parquet")
    assert people.num_rows == said["fans_fan"][0] == 3
    assert people.column("timezone").to_pylist().count("Pacific/Tahiti") == 1
    manifest = json.loads((tmp_path / "export" / "manifest.json").read_text())
    assert manifest["tables"]["fans_fan"] == {"rows": 3, "sha256": said["fans_fan"][1]}


def test_who_came_back_by_herself_stays(world: int) -> None:
    erase_fan(world)
    back = create_fan(source="club", email="fan1@example.org", by_herself=True)
    deliver_events()
    assert repeat_erasures() == 0
    assert fans([back])[back].email == "fan1@example.org"


def test_a_line_that_was_cut_by_a_crash_is_passed_over_and_any_other_is_told(world: int) -> None:
    erase_fan(world)
    deliver_events()
    file = erasures_file()
    whole = file.read_text()
    file.write_text(whole + '{"fan": 7, "ke')
    assert repeat_erasures() == 0
    file.write_text('{"fan": 7, "ke\n' + whole)
    with pytest.raises(Refused, match="line 1"):
        repeat_erasures()


def test_numbers_go_on_above_those_of_another_server(world: int) -> None:
    """A dump of PostgreSQL that is read into a fresh server, whose transactions count from the start."""
    with transaction.atomic():
        before = revisions.current()
    Fan.objects.filter(id=world).update(rev=before + 1_000_000)
    number_on()
    number_on()
    with transaction.atomic():
        after = revisions.current()
    assert before + 1_000_000 < after < before + 1_001_000
    assert revisions.settled() >= before + 1_000_000
