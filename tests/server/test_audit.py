"""The daily check: each promise is broken by hand, past triggers and constraints, and found; then nothing is sent."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from click.testing import CliRunner
from django.conf import LazySettings
from django.db import connection, transaction

from tests.campaigns.made import definition, fan
from tests.conftest import _past_triggers
from tests.delivery.world import inbox
from tests.fanclub.test_home import an_offer
from tifo.accounts.public import audit_entries
from tifo.campaigns.public import save_campaign, start
from tifo.consents.public import give, withdraw
from tifo.delivery.models import Epoch, HitFile
from tifo.delivery.public import release_sending, sending_state
from tifo.kernel.public import archive, clock
from tifo.points.public import Rule, earn, publish_rule, spend
from tifo.rewards.public import open_offer, read_offer_file
from tifo.server import jobs
from tifo.server.audit import PROMISES, audit_promises
from tifo.server.doctor import doctor
from tifo.server.worker import run_until_idle

pytestmark = pytest.mark.django_db(transaction=True)

FANS = 6


@pytest.fixture
def house(settings: LazySettings) -> None:
    """A sending to six fans, one of whom takes her consent back afterwards; an open that she allowed."""
    everybody = [fan(number, "newsletter") for number in range(FANS)]
    give(everybody[0], "tracking", source="tests")
    save_campaign(definition())
    with inbox() as (_, url):
        settings.TIFO_SMTP_URL = url
        start("the-week")
        run_until_idle()
    withdraw(everybody[0], "newsletter", source="tests")
    withdraw(everybody[0], "tracking", source="tests")
    hits(everybody[0])
    publish_rule(Rule("run", "metre", points=2))
    earn(everybody[0], "run", "monday", quantity=5)
    spend(everybody[0], 4, "cap")
    open_offer(read_offer_file(an_offer()))


def hits(*fan_ids: int) -> None:
    file = archive.write(
        f"hits/{fan_ids[-1]}.parquet", pa.table({"fan_id": pa.array([*fan_ids, None], pa.int64())})
    )
    HitFile.objects.create(
        path=file.path,
        sha256=file.sha256,
        hits=file.rows,
        rule=1,
        loaded_at=clock.now(),
        position=fan_ids[-1],
    )


def sql(*statements: str) -> Callable[[], None]:
    """What an administrator of the database may do."""

    def act() -> None:
        with _past_triggers(connection), connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    return act


ONE = "(SELECT min(id) FROM delivery_message)"


def twice() -> None:
    """A second row for a fan, the constraints taken away."""
    with _past_triggers(connection), connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for statement in (
                "CREATE TABLE bare AS SELECT * FROM delivery_message",
                "DROP TABLE delivery_message",
                "ALTER TABLE bare RENAME TO delivery_message",
            ):
                cursor.execute(statement)
        else:
            for name in ("once_fan", "once_dest"):
                cursor.execute(f"ALTER TABLE delivery_message DROP CONSTRAINT delivery_message_{name}")
        cursor.execute("SELECT * FROM delivery_message LIMIT 0")
        columns = ", ".join(column[0] for column in cursor.description)
        values = columns.replace("id,", "id + 1000,", 1)
        cursor.execute(
            f"INSERT INTO delivery_message ({columns}) SELECT {values} FROM delivery_message WHERE id = {ONE}"
        )


def changed_file() -> None:
    """A file of hits that lost a row."""
    HitFile.objects.update(hits=7)


def a_stranger() -> None:
    """An open that names a fan who never allowed it."""
    hits(fan(50))


BREAKAGES: list[tuple[str, Callable[[], None]]] = [
    ("M1", twice),
    ("M4", sql(f"UPDATE delivery_message SET state = 'elsewhere' WHERE id = {ONE}")),
    ("M12", sql(f"UPDATE delivery_message SET state = 'elsewhere' WHERE id = {ONE}")),
    ("M4", sql(f"UPDATE delivery_message SET state = 'planned' WHERE id = {ONE}")),
    ("M4", sql(f"DELETE FROM delivery_message WHERE id = {ONE}")),
    ("C1", sql(f"UPDATE delivery_message SET consent_version = 9 WHERE id = {ONE}")),
    ("C1", sql(f"UPDATE delivery_message SET consent_version = 2 WHERE id = {ONE}")),  # the one that took it back
    ("C1", sql(f"UPDATE delivery_message SET consent_version = NULL WHERE id = {ONE}")),
    ("C3", sql("UPDATE consents_entry SET act = 'given' WHERE act = 'withdrawn'")),
    ("C3", sql("DELETE FROM consents_head WHERE id = (SELECT min(id) FROM consents_head)")),
    ("C9", a_stranger),
    ("S3", sql(f"UPDATE delivery_message SET fan_id = 999999 WHERE id = {ONE}")),
    ("L1", sql("UPDATE points_transfer SET debit_id = debit_id - 2 WHERE kind = 'earn'", "UPDATE points_transfer SET fan_id = fan_id + 1 WHERE kind = 'earn'")),
    ("L2", sql("UPDATE points_transfer SET amount = 9 WHERE kind = 'earn'")),
    ("L2", sql("UPDATE points_lotmove SET amount = -3")),
    ("L3", sql("UPDATE points_lot SET remaining = 7")),
    ("L4", sql("UPDATE rewards_stock SET available = available - 1, pending = pending + 1")),
    ("D2", sql("UPDATE rewards_logentry SET number = number + 1")),
    ("T6", changed_file),
    ("V1", sql("UPDATE accounts_auditentry SET subject = 'nobody' WHERE sequence = 1")),
]  # fmt: skip


def test_each_promise_that_is_broken_by_hand_is_found_and_stops_sending(house: None) -> None:
    """M1, M4, M12, C1, C3, C9, S3, L1, L2, L3, L4, D2, T6, V1: and nothing is found where nothing was broken."""
    assert audit_promises() == []
    assert sending_state().audited_at is not None
    assert audit_entries(act="delivery.stop") == []
    for promise, act in BREAKAGES:
        with transaction.atomic():
            act()
            found = audit_promises()
            assert promise in {broken.promise for broken in found}, act
            state = sending_state()
            assert state.kind == "audit"
            assert "daily check" in state.alarm
            transaction.set_rollback(True)
    assert audit_promises() == []
    assert {promise for promise, _ in BREAKAGES} == set(PROMISES)


def test_the_command_says_what_is_broken_and_a_person_lets_sending_go_on(house: None) -> None:
    sql(f"UPDATE delivery_message SET consent_version = 9 WHERE id = {ONE}")()
    done = CliRunner().invoke(doctor, ["--audit", "--json"])
    assert done.exit_code == 1
    (finding,) = json.loads(done.stdout)
    assert (finding["subject"], finding["state"]) == ("C1", "stop")
    assert "@" not in done.stdout
    sql(f"UPDATE delivery_message SET consent_version = 1 WHERE id = {ONE}")()
    done = CliRunner().invoke(doctor, ["--audit"])
    assert done.exit_code == 0
    assert sending_state().kind == "audit", "only a person releases it"
    release_sending(None, "a row had been changed by hand; it is as it was")
    assert not sending_state().alarm


def test_the_worker_checks_once_a_day_beside_its_other_work(
    house: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    begun: list[list[str]] = []

    class Child:
        def __init__(self, command: list[str], **_: object) -> None:
            begun.append(command)

        def poll(self) -> int:
            return 0

    monkeypatch.setattr(jobs.subprocess, "Popen", Child)
    Epoch.objects.update(raised_at=clock.now() - timedelta(minutes=30))
    jobs.daily_check()
    assert not begun
    Epoch.objects.update(raised_at=clock.now() - timedelta(minutes=61))
    jobs.daily_check()
    assert [command[-2:] for command in begun] == [["doctor", "--audit"]]
    Epoch.objects.update(audited_at=clock.now() - timedelta(hours=23))
    jobs.daily_check()
    assert len(begun) == 1
    Epoch.objects.update(audited_at=clock.now() - timedelta(hours=25))
    jobs.daily_check()
    assert len(begun) == 2
