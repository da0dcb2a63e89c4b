"""V1, V2: what was written to the audit trail can't be changed unnoticed, and stands or falls with its act."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import DatabaseError
from hypothesis import given
from hypothesis import strategies as st

from tests.accounts.signing import PASSWORD, staff
from tifo.accounts import actions
from tifo.accounts.models import AuditEntry, AuditHead
from tifo.accounts.public import (
    audit,
    audit_entries,
    create_staff,
    grant_role,
    revoke_role,
    set_password,
    sign_checkpoint,
    verify_audit,
)
from tifo.accounts.queries import checkpoints
from tifo.accounts.rules import chain
from tifo.kernel.public import Refused

# The chain itself, without a database


def made(count: int) -> list[chain.Link]:
    links, before = [], chain.START
    for number in range(1, count + 1):
        at = datetime(2026, 7, 1, tzinfo=UTC) + timedelta(seconds=number)
        said = (number, at, number % 3 or None, "campaigns.approve", f"campaign:{number}", '{"n":1}', before)
        links.append(chain.Link(*said, chain.entry_hash(*said)))
        before = links[-1].hash
    return links


def found(links: list[chain.Link], checkpoint: chain.Link | None = None, head: Any = "its end") -> list[str]:
    signed = {checkpoint.sequence: checkpoint.hash} if checkpoint else {}
    ending = chain.Ending(0, chain.START)
    problems = chain.problems_of_chain(links, signed, ending)
    return problems + chain.problems_of_end(
        ending, (ending.sequence, ending.hash) if head == "its end" else head, signed
    )


def rechained(links: list[chain.Link]) -> list[chain.Link]:
    """What somebody does who may write to the database: all numbers and hashes made right again."""
    result, before = [], chain.START
    for number, link in enumerate(links, 1):
        said = (number, link.at, link.actor_id, link.act, link.subject, link.detail, before)
        result.append(chain.Link(*said, chain.entry_hash(*said)))
        before = result[-1].hash
    return result


CHANGES = {
    "at": lambda at: at + timedelta(microseconds=1),
    "actor_id": lambda actor: (actor or 0) + 1,
    "act": lambda act: act + "!",
    "subject": lambda subject: subject[:-1],
    "detail": lambda detail: detail.replace("1", "2"),
    "previous": lambda digest: bytes(32) if digest != bytes(32) else bytes([1]) * 32,
    "hash": lambda digest: digest[:-1] + bytes([digest[-1] ^ 1]),
    "sequence": lambda number: number + 1_000,
}


def with_change(link: chain.Link, field: str) -> chain.Link:
    return chain.Link(**{**vars(link), field: CHANGES[field](getattr(link, field))})


def test_a_sound_chain_has_no_problems() -> None:
    assert found([]) == []
    links = made(40)
    assert found(links, links[24]) == []


@given(st.integers(2, 30), st.data())
def test_v1_every_mutation_is_found_even_when_all_hashes_are_made_right_again(
    length: int, data: st.DataObject
) -> None:
    links = made(length)
    place = data.draw(st.integers(0, length - 1))
    kind = data.draw(st.sampled_from(["edit", "delete", "insert", "swap", "truncate"]))
    changed = list(links)
    if kind == "edit":
        changed[place] = with_change(links[place], data.draw(st.sampled_from(sorted(CHANGES))))
    elif kind == "delete":
        del changed[place]
    elif kind == "insert":
        changed.insert(place, links[data.draw(st.integers(0, length - 1))])
    elif kind == "swap":
        other = data.draw(st.integers(0, length - 1).filter(lambda n: n != place))
        changed[place], changed[other] = changed[other], changed[place]
    else:
        changed = changed[:place]
    signed = links[-1]
    assert found(changed, signed), kind
    if rechained(changed)[:length] != links:  # else nothing signed was touched, or the edit is undone again
        assert found(rechained(changed), signed), kind


@given(st.integers(1, 20), st.data())
def test_v1_without_checkpoints_the_head_tells_of_a_cut(length: int, data: st.DataObject) -> None:
    links = made(length)
    kept = data.draw(st.integers(0, length - 1))
    assert found(links[:kept], head=(links[-1].sequence, links[-1].hash))


def test_v1_checkpoints_themselves_are_counted() -> None:
    assert chain.problems_of_checkpoints([1, 2, 3], 3) == []
    assert chain.problems_of_checkpoints([1, 2, 3, 4], 3) == []  # died between file and database
    for numbers in ([1, 3], [2, 3], [1, 2], [], [1, 1, 2, 3], [2, 1, 3]):
        assert chain.problems_of_checkpoints(numbers, 3), numbers


# In the database


@contextmanager
def triggers_off() -> Iterator[Any]:
    """What an administrator of the database can do."""
    tables = ("accounts_auditentry", "accounts_audithead")
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET session_replication_role = replica")
            yield cursor
            cursor.execute("SET session_replication_role = origin")
            return
        cursor.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN (%s, %s)", tables
        )
        triggers = cursor.fetchall()
        for name, _ in triggers:
            cursor.execute(f"DROP TRIGGER {name}")
        yield cursor
        for _, sql in triggers:
            cursor.execute(sql)


def write(count: int) -> None:
    for number in range(count):
        with transaction.atomic():
            audit(None, "tests.act", f"thing:{number}", {"number": number})


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE accounts_auditentry SET subject = 'x' WHERE sequence = 2",
        "DELETE FROM accounts_auditentry WHERE sequence = 2",
        "DELETE FROM accounts_auditentry",
        "UPDATE accounts_audithead SET sequence = 1",
        "DELETE FROM accounts_audithead",
    ],
)
def test_v1_the_database_refuses_to_change_it(statement: str) -> None:
    write(3)
    with (
        pytest.raises(DatabaseError, match=r"append-only|does not go back"),
        transaction.atomic(),
        connection.cursor() as c,
    ):
        c.execute(statement)
    assert verify_audit() == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statements",
    [
        ["UPDATE accounts_auditentry SET subject = 'thing:9' WHERE sequence = 2"],
        ["UPDATE accounts_auditentry SET actor_id = 7 WHERE sequence = 3"],
        ["UPDATE accounts_auditentry SET detail = '{}' WHERE sequence = 1"],
        ["DELETE FROM accounts_auditentry WHERE sequence = 2"],
        ["DELETE FROM accounts_auditentry WHERE sequence = 4"],
        ["DELETE FROM accounts_auditentry"],
        ["DELETE FROM accounts_auditentry", "DELETE FROM accounts_audithead"],
        ["DELETE FROM accounts_audithead"],
        [
            "UPDATE accounts_auditentry SET sequence = 99 WHERE sequence = 2",
            "UPDATE accounts_auditentry SET sequence = 2 WHERE sequence = 3",
            "UPDATE accounts_auditentry SET sequence = 3 WHERE sequence = 99",
        ],
        [
            "DELETE FROM accounts_auditentry WHERE sequence > 2",
            "UPDATE accounts_audithead SET sequence = 2,"
            " hash = (SELECT hash FROM accounts_auditentry WHERE sequence = 2)",
        ],
        [
            "INSERT INTO accounts_auditentry SELECT 5, at, actor_id, act, subject, detail, previous, hash"
            " FROM accounts_auditentry WHERE sequence = 4"
        ],
    ],
)
def test_v1_the_verifier_finds_what_an_administrator_did(statements: list[str]) -> None:
    write(4)
    assert sign_checkpoint() is True
    assert verify_audit() == []
    with triggers_off() as cursor:
        for statement in statements:
            cursor.execute(statement)
    assert verify_audit() != []


@pytest.mark.django_db
def test_v1_a_trail_written_anew_from_the_start_differs_from_what_was_signed() -> None:
    write(4)
    sign_checkpoint()
    with triggers_off() as cursor:
        cursor.execute("DELETE FROM accounts_auditentry")
        cursor.execute("DELETE FROM accounts_audithead")
    write(4)
    assert verify_audit() == [
        "entry 4 differs from the signed checkpoint",
        # the head was made anew too, so it knows of no checkpoint: the files alone tell
    ]


@pytest.mark.django_db
def test_v1_checkpoint_files_can_be_neither_forged_nor_shortened() -> None:
    for _ in range(3):
        write(2)
        sign_checkpoint()
    (path,) = checkpoints.folder().glob("*.log")
    lines = path.read_text().splitlines()
    assert len(lines) == 3
    assert [c.sequence for _, c in checkpoints.stored() if c] == [2, 4, 6]
    for forged in (
        lines[:2],
        lines[1:],
        [lines[0], lines[2]],
        [],
        [*lines, "AAAA"],
        [lines[0], lines[1][:-1] + ("A" if lines[1][-1] != "A" else "B"), lines[2]],
        [lines[1], lines[0], lines[2]],
    ):
        path.write_text("".join(f"{line}\n" for line in forged))
        assert verify_audit() != [], forged
    path.write_text("".join(f"{line}\n" for line in lines))
    assert verify_audit() == []


@pytest.mark.django_db
def test_a_checkpoint_is_signed_only_when_there_is_news_and_the_trail_is_sound(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert sign_checkpoint() is False
    write(2)
    assert sign_checkpoint() is True
    assert sign_checkpoint() is False
    write(2)
    with triggers_off() as cursor:
        cursor.execute("UPDATE accounts_auditentry SET detail = 'x' WHERE sequence = 4")
    assert sign_checkpoint() is False
    assert "broken and was not signed" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_v2_an_entry_needs_a_transaction() -> None:
    with pytest.raises(transaction.TransactionManagementError):
        audit(None, "tests.act", "thing:1")
    assert AuditEntry.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_numbers_have_no_gaps_whoever_writes_at_once() -> None:
    write(1)
    failures: list[Exception] = []

    def work(worker: int) -> None:
        try:
            for number in range(8):
                with transaction.atomic():
                    audit(None, "tests.race", f"worker:{worker}")
                    if number % 3 == 2:
                        transaction.set_rollback(True)
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    numbers = list(AuditEntry.objects.order_by("sequence").values_list("sequence", flat=True))
    assert numbers == list(range(1, 1 + 1 + 4 * 6))
    assert AuditHead.objects.get().sequence == numbers[-1]
    assert verify_audit() == []


@pytest.mark.django_db
def test_addresses_are_blotted_out_and_hashes_stay() -> None:
    digest = "0123456789abcdef" * 4
    with transaction.atomic():
        audit(
            None,
            "tests.act",
            "mail lea@example.org",
            {"to": "Lea@Example.ORG", "phone": "+33 6 12 34 56 78", "hash": digest, "count": 12345678901},
        )
    (entry,) = audit_entries()
    assert entry.subject == "mail [address]"
    assert entry.detail == f'{{"count":12345678901,"hash":"{digest}","phone":"[phone]","to":"[address]"}}'
    assert verify_audit() == []


# V2


def acts(since: int = 0) -> list[tuple[str, str]]:
    rows = AuditEntry.objects.filter(sequence__gt=since).order_by("sequence")
    return [(row.act, row.detail) for row in rows]


@pytest.mark.django_db
def test_v2_each_privileged_act_has_exactly_one_entry() -> None:
    admin, person = staff("admin"), staff("analyst")
    start = AuditHead.objects.get().sequence
    for act, expected in (
        (
            lambda: grant_role(person.pk, "support", actor_id=admin.pk),
            [("accounts.grant_role", '{"role":"support"}')],
        ),
        (lambda: grant_role(person.pk, "support", actor_id=admin.pk), []),
        (
            lambda: revoke_role(person.pk, "support", actor_id=admin.pk),
            [("accounts.revoke_role", '{"role":"support"}')],
        ),
        (lambda: revoke_role(person.pk, "support", actor_id=admin.pk), []),
        (lambda: actions.disable(person.pk, actor_id=admin.pk), [("accounts.disable", "{}")]),
        (lambda: actions.disable(person.pk, actor_id=admin.pk), []),
        (lambda: actions.enable(person.pk, actor_id=admin.pk), [("accounts.enable", "{}")]),
        (
            lambda: set_password(person.pk, "another calm evening", actor_id=admin.pk),
            [("accounts.set_password", "{}")],
        ),
        (
            lambda: actions.make_api_key(person.pk, "shop", ["analyst"]),
            [("accounts.make_api_key", '{"roles":["analyst"]}')],
        ),
    ):
        act()
        assert acts(start) == expected
        start += len(expected)
    assert {
        entry.actor_id for entry in audit_entries(text=f"user:{person.pk}") if entry.act == "accounts.disable"
    } == {admin.pk}


@pytest.mark.django_db
def test_v2_an_act_whose_entry_fails_did_not_happen(monkeypatch: pytest.MonkeyPatch) -> None:
    person = staff("analyst")

    def full_disk(*_: object, **__: object) -> int:
        raise IntegrityError("disk full")

    monkeypatch.setattr("tifo.accounts.actions.roles.audit", full_disk)
    monkeypatch.setattr("tifo.accounts.actions.people.audit", full_disk)
    stamp = person.security_stamp
    for act in (
        lambda: grant_role(person.pk, "admin"),
        lambda: actions.disable(person.pk),
        lambda: set_password(person.pk, "another calm evening"),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            act()
    person = type(person).objects.get(pk=person.pk)
    assert person.role_names == {"analyst"}
    assert person.is_active
    assert person.check_password(PASSWORD)
    assert person.security_stamp == stamp


@pytest.mark.django_db
def test_create_staff_twice_is_once() -> None:
    first = create_staff("Maya@Example.org", "Maya", PASSWORD, ["admin", "analyst"])
    before = AuditHead.objects.get().sequence
    assert create_staff("maya@example.org", "Maya", PASSWORD, ["analyst", "admin"]) == first
    assert AuditHead.objects.get().sequence == before


@pytest.mark.django_db
def test_the_last_admin_stays() -> None:
    admin = staff("admin")
    with pytest.raises(Refused, match="last active admin"):
        revoke_role(admin.pk, "admin")
    with pytest.raises(Refused, match="last active admin"):
        actions.disable(admin.pk)
    other = staff("admin")
    actions.disable(admin.pk, actor_id=other.pk)
    with pytest.raises(Refused, match="Nobody disables herself"):
        actions.disable(other.pk, actor_id=other.pk)
