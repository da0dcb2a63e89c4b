"""Of all copies of a base one sends (M9): copies, restored backups, clones of a server, several hosts on one database."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, connections, transaction

from tests.cluster import _as_server, binaries
from tests.delivery.world import Recorder, Sink, entered, fans, inbox, newsletter, transport_to, woven
from tifo.accounts.public import audit_entries
from tifo.delivery.models import Epoch, Letter, Message, Place
from tifo.delivery.public import (
    Crossing,
    SendingStopped,
    Transport,
    claim,
    raise_epoch,
    release_sending,
    send_letter,
    send_letters,
    stop_sending,
    watch_epoch,
)
from tifo.delivery.queries import epoch as known
from tifo.kernel.public import Refused

pytestmark = pytest.mark.django_db(transaction=True)

SIZE = 12
HALF = SIZE // 2


def send(mailing: int, transport: Transport, most: int = SIZE) -> int:
    """Send at most so many, three at a time; how many were accepted."""
    claimed = 0
    with Crossing(mailing, transport) as line:
        while claimed < most and (window := claim(mailing, 0, owner=f"w{os.getpid()}", size=3)):
            line.send(woven(window))
            claimed += len(window)
    return line.report.accepted


def planned() -> int:
    """A mailing to SIZE fans, nothing of it sent."""
    mailing = newsletter()
    entered(mailing, fans(SIZE))
    return mailing


class House:
    """A data folder of its own with the base as it is now; what is done there is done in a process of its own."""

    def __init__(self, folder: Path, host: str = "", state: Path | None = None) -> None:
        self.folder, self.host, self.state = folder, host, state

    def does(self, act: Callable[[], int]) -> int:
        """Its small result, or 99 where it was stopped."""
        connections.close_all()
        child = os.fork()
        if child == 0:
            status = 98
            try:
                settings.TIFO_DATA = self.folder
                if self.state:
                    settings.TIFO_STATE = self.state
                said = connection.settings_dict
                if self.host:
                    said["HOST"] = self.host
                elif connection.vendor == "sqlite":
                    said["NAME"] = self.folder / "tifo.sqlite3"
                try:
                    status = act()
                except SendingStopped:
                    status = 99
            finally:
                os._exit(status)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    def sends(self, mailing: int, url: str, most: int = SIZE) -> int:
        """How many it sent."""

        def act() -> int:
            with transport_to(url) as transport:
                return send(mailing, transport, most)

        return self.does(act)


STOPPED = 99


def backed_up(path: Path) -> int:
    """The base as SQLite's own backup gives it."""
    with connection.cursor() as cursor:
        cursor.execute(f"VACUUM INTO '{path}'")
    return 0


def only_sqlite() -> None:
    if connection.vendor != "sqlite":
        pytest.skip("about copies of SQLite's file")


@pytest.fixture
def house(tmp_path: Path) -> tuple[House, int]:
    """A house on SQLite with a planned mailing, bound to its folder."""
    only_sqlite()
    mailing = planned()
    folder = tmp_path / "a house"
    folder.mkdir()
    backed_up(folder / "tifo.sqlite3")
    return House(folder), mailing


def all_once(sink: Sink, expected: int) -> None:
    assert len(sink.keys) == expected
    assert max(sink.recipients.values()) == 1


def test_m9_a_copy_of_the_folder_sends_nothing(house: tuple[House, int], tmp_path: Path) -> None:
    """Both started: the sink sees one set, also where the copy brings its settings with it."""
    first, mailing = house
    with inbox() as (sink, url):
        assert first.sends(mailing, url, HALF) == HALF
        shutil.copytree(first.folder, tmp_path / "copy")
        copy = House(tmp_path / "copy")
        assert copy.sends(mailing, url) == STOPPED
        assert first.sends(mailing, url) == SIZE - HALF
        assert copy.sends(mailing, url) == STOPPED
        all_once(sink, SIZE)


def test_m9_a_copy_made_before_anything_left_sends_nothing(house: tuple[House, int], tmp_path: Path) -> None:
    first, mailing = house
    first.does(lambda: int(watch_epoch()))  # its worker was up
    shutil.copytree(first.folder, tmp_path / "copy")
    with inbox() as (sink, url):
        assert House(tmp_path / "copy").sends(mailing, url) == STOPPED
        assert first.sends(mailing, url) == SIZE
        all_once(sink, SIZE)


def test_m9_an_older_base_put_back_in_its_place_sends_nothing_until_somebody_says_so(
    house: tuple[House, int], tmp_path: Path
) -> None:
    first, mailing = house
    with inbox() as (sink, url):
        assert first.sends(mailing, url, 3) == 3
        first.does(lambda: backed_up(tmp_path / "backup"))
        assert first.sends(mailing, url, 3) == 3
        shutil.copy(tmp_path / "backup", first.folder / "tifo.sqlite3")
        for log in first.folder.glob("tifo.sqlite3-*"):
            log.unlink()
        assert first.sends(mailing, url) == STOPPED
        first.does(lambda: int(watch_epoch()))
        assert first.sends(mailing, url) == STOPPED
        all_once(sink, 6)
        assert first.does(lambda: raise_epoch(None, "the machine burnt")) == 2
        assert first.sends(mailing, url) == SIZE - 3  # her word: what left after the backup leaves again
        assert max(sink.recipients.values()) == 2


def test_m9_a_moved_folder_and_a_folder_in_its_place_send_nothing(
    house: tuple[House, int], tmp_path: Path
) -> None:
    first, mailing = house
    with inbox() as (sink, url):
        assert first.sends(mailing, url, 3) == 3
        moved = House(tmp_path / "moved")
        first.folder.rename(moved.folder)
        assert moved.sends(mailing, url) == STOPPED
        shutil.copytree(moved.folder, first.folder)
        assert first.sends(mailing, url) == STOPPED
        assert moved.does(lambda: raise_epoch(None, "moved")) == 2
        assert moved.sends(mailing, url) == SIZE - 3
        assert first.sends(mailing, url) == STOPPED
        all_once(sink, SIZE)


def test_m9_the_same_disk_in_another_machine_sends_nothing(
    house: tuple[House, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cloned machine keeps its id but not its network card; a copied home has another id."""
    first, mailing = house
    with inbox() as (sink, url):
        monkeypatch.setattr(known, "machine", lambda: ("id", ("card",)))
        assert first.sends(mailing, url, 3) == 3
        monkeypatch.setattr(known, "machine", lambda: ("id", ("other card",)))
        assert first.sends(mailing, url) == STOPPED
        monkeypatch.setattr(known, "machine", lambda: ("other id", ("card",)))
        assert first.sends(mailing, url) == STOPPED
        monkeypatch.setattr(known, "machine", lambda: ("id", ("card", "a new one")))
        assert first.sends(mailing, url) == SIZE - 3
        all_once(sink, SIZE)


def test_m9_letters_wait_too() -> None:
    mailing = planned()
    transport = Recorder()
    assert send(mailing, transport, 3) == 3
    send_letter("code", subject="Your code", text="123", address="a@example.org")
    known.epoch_file().unlink()
    with pytest.raises(SendingStopped):
        send_letters(transport, owner="me")
    assert Letter.objects.get().state == "planned"
    raise_epoch(None, "lost the disk of the state")
    assert send_letters(transport, owner="me") == {"accepted": 1}


def test_m9_the_gate_itself_holds_where_the_base_goes_back_between_two_windows() -> None:
    """Whoever looked before is no wiser than the transaction that crosses."""
    mailing = planned()
    transport = Recorder()
    assert send(mailing, transport, 3) == 3
    with Crossing(mailing, transport) as line:
        window = claim(mailing, 0, owner="w", size=3)
        Place.objects.update(mark=0)  # as a restored base would say
        with pytest.raises(SendingStopped):
            line.send(woven(window))
    assert len(transport.parcels) == 3
    assert Message.objects.filter(state="planned").count() == SIZE - 3


def test_m9_the_gate_holds_where_the_machine_is_another_between_two_windows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A clone that was woken elsewhere in the middle of a sending."""
    mailing = planned()
    transport = Recorder()
    assert send(mailing, transport, 3) == 3
    with Crossing(mailing, transport) as line:
        window = claim(mailing, 0, owner="w", size=3)
        monkeypatch.setattr(known, "machine", lambda: ("another", ()))
        with pytest.raises(SendingStopped):
            line.send(woven(window))
    assert len(transport.parcels) == 3


def test_m9_what_others_sent_does_not_hide_that_this_place_was_set_back() -> None:
    mailing = planned()
    assert send(mailing, Recorder(), 6) == 6
    place = Place.objects.get()
    Place.objects.update(mark=1)
    Place.objects.create(
        id="y" * 32, epoch=1, state="sending", mark=9, bound=place.bound, host="b", since=place.since, seen_at=place.seen_at
    )  # fmt: skip
    assert known.look().code == "behind"


def test_m9_what_could_not_be_noted_outside_does_not_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    mailing = planned()
    transport = Recorder()
    assert send(mailing, transport, 3) == 3

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", full)
        with pytest.raises(OSError, match="No space"):
            send(mailing, transport)
    assert len(transport.parcels) == 3
    assert not Message.objects.filter(state__in=("committing", "unknown")).exists()
    assert send(mailing, transport) == SIZE - 3


def test_the_file_lies_outside_the_data_folder() -> None:
    settings.TIFO_EPOCH_FILE = str(settings.TIFO_DATA / "epoch")
    with pytest.raises(Refused, match="TIFO_EPOCH_FILE"):
        known.epoch_file()
    settings.TIFO_EPOCH_FILE = ""


def test_another_host_on_the_same_database_is_let_in_by_one_that_sends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """…without anybody's act; a copy of the database has nobody who could."""
    mailing = planned()
    transport = Recorder()
    assert send(mailing, transport, 3) == 3
    here, there = settings.TIFO_DATA, tmp_path / "another host"
    there.mkdir()
    settings.TIFO_DATA = there
    with pytest.raises(SendingStopped):
        send(mailing, transport)
    assert not watch_epoch()  # asks
    assert not watch_epoch()  # nobody let it in
    settings.TIFO_DATA = here
    assert watch_epoch()  # lets it in
    settings.TIFO_DATA = there
    assert watch_epoch()  # takes the place
    assert send(mailing, transport, 3) == 3
    settings.TIFO_DATA = here
    assert send(mailing, transport, 3) == 3
    assert {place.mark for place in Place.objects.all()} >= {1, 2}


def test_a_place_that_saw_more_stops_all_others(tmp_path: Path) -> None:
    """A restored base: one host sent nothing since the backup and can't know, another does."""
    mailing = planned()
    transport = Recorder()
    assert send(mailing, transport, 3) == 3
    here, idle = settings.TIFO_DATA, tmp_path / "idle host"
    idle.mkdir()
    settings.TIFO_DATA = idle
    watch_epoch()
    settings.TIFO_DATA = here
    watch_epoch()
    settings.TIFO_DATA = idle
    assert watch_epoch()
    backup = {place.pk: place.mark for place in Place.objects.all()}
    settings.TIFO_DATA = here
    assert send(mailing, transport, 3) == 3
    settings.TIFO_DATA = idle
    watch_epoch()  # saw it
    for pk, mark in backup.items():
        Place.objects.filter(pk=pk).update(mark=mark)
    watch_epoch()
    assert Epoch.objects.get().stop_kind == "behind"
    for folder in (idle, here):
        settings.TIFO_DATA = folder
        with pytest.raises(SendingStopped):
            send(mailing, transport)
    with pytest.raises(Refused, match="raising"):
        release_sending(None, "please")
    assert raise_epoch(None, "restored") == 2
    assert send(mailing, transport, 3) == 3


def test_a_stop_holds_every_place_until_a_person_releases_it() -> None:
    """V2: stop, release and raise have an entry each, with their effect or not at all."""
    mailing = planned()
    transport = Recorder()
    assert send(mailing, transport, 3) == 3
    stop_sending("audit", [{"promise": "M1", "count": 1}])
    with pytest.raises(SendingStopped):
        send(mailing, transport)
    with pytest.raises(Refused, match="mended"):
        release_sending(None, " ")
    with transaction.atomic():
        release_sending(None, "mended")
        transaction.set_rollback(True)
    assert not audit_entries(act="delivery.release")
    with pytest.raises(SendingStopped):
        send(mailing, transport)
    raise_epoch(None, "no way round the audit")
    with pytest.raises(SendingStopped):
        send(mailing, transport)
    release_sending(None, "the row was a typing error")
    assert send(mailing, transport) == SIZE - 3
    acts = [entry.act for entry in audit_entries(limit=10)]
    assert [act for act in acts if act.startswith("delivery.")] == [
        "delivery.release", "delivery.raise-epoch", "delivery.stop",
    ]  # fmt: skip


def test_an_epoch_file_cut_short_sends_nothing() -> None:
    mailing = planned()
    transport = Recorder()
    assert send(mailing, transport, 3) == 3
    path = known.epoch_file()
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(Refused):
        send(mailing, transport)
    raise_epoch(None, "mended")
    assert send(mailing, transport, 3) == 3


@contextmanager
def running(data: Path, log: Path) -> Iterator[str]:
    """A PostgreSQL server on this folder; where its socket is."""
    folder = data.parent / f"socket-{data.name}"
    folder.mkdir(exist_ok=True)
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    control = [str(binaries() / "pg_ctl"), "-D", str(data), "-w"]
    options = f"-c listen_addresses='' -k {folder} -c fsync=off"
    _as_server([*control, "-l", str(log), "-o", options, "start"])
    try:
        yield str(folder)
    finally:
        _as_server([*control, "-m", "fast", "stop"])


def test_m9_a_clone_of_the_server_and_an_older_one_send_nothing(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """The cluster's folder is copied; both run, each with the folder of a house; then the older takes its place."""
    if connection.vendor != "postgresql":
        pytest.skip("about PostgreSQL's server")
    mailing = planned()
    base = Path(subprocess.check_output(["mktemp", "-d"], text=True).strip())
    base.chmod(0o755)
    if os.geteuid() == 0:
        shutil.chown(base, "postgres")
    try:
        _as_server(
            [
                str(binaries() / "initdb"),
                "-D",
                str(base / "one"),
                "-U",
                "tifo",
                "--auth=trust",
                "--no-sync",
                "-E",
                "UTF8",
            ]
        )
        name, said = str(connection.settings_dict["NAME"]), connection.settings_dict
        dump = ["pg_dump", "-h", str(said["HOST"]), "-U", str(said["USER"]), name]
        house, other = base / "house", base / "other house"
        with inbox() as (sink, url):
            with running(base / "one", base / "log") as host:
                subprocess.run(["createdb", "-h", host, "-U", "tifo", name], check=True)
                text = subprocess.check_output(dump)
                subprocess.run(
                    ["psql", "-qX", "-h", host, "-U", "tifo", name],
                    input=text,
                    check=True,
                    stdout=subprocess.DEVNULL,
                )
                house.mkdir()
                first = House(house, host)
                assert first.sends(mailing, url, 3) == 3
            subprocess.run(["cp", "-a", str(base / "one"), str(base / "two")], check=True)
            shutil.copytree(house, other)
            with running(base / "one", base / "log") as host, running(base / "two", base / "log2") as clone:
                assert House(other, clone).sends(mailing, url) == STOPPED
                assert House(house, clone).sends(mailing, url) == STOPPED  # settings pointed to the clone
                assert House(house, host).sends(mailing, url, 3) == 3
                assert House(other, clone).sends(mailing, url) == STOPPED
            (base / "one").rename(base / "newer")
            (base / "two").rename(base / "one")
            with running(base / "one", base / "log") as host:
                assert House(house, host).sends(mailing, url) == STOPPED
                # the operator of the clone says that it is the one now
                assert House(house, host).does(lambda: raise_epoch(None, "the newer one is lost")) == 2
            all_once(sink, 6)
    finally:
        shutil.rmtree(base, ignore_errors=True)


def test_what_the_file_holds_names_no_machine_and_no_secret() -> None:
    mailing = planned()
    send(mailing, Recorder(), 3)
    said = json.loads(known.epoch_file().read_bytes()[42:])
    machine_id = Path("/etc/machine-id")
    if machine_id.exists():
        assert machine_id.read_text().strip() not in json.dumps(said)
    assert known.epoch_file().stat().st_mode & 0o077 == 0
