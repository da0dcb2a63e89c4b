"""Whoever gets past the triggers is found out by the chain (C3): edits, gaps, cut ends, forged heads."""

from collections.abc import Callable

import pytest
from django.db import connection

from tifo.consents.models import Entry, Head
from tifo.consents.public import give, verify_ledger, withdraw
from tifo.fans.public import create_fan

pytestmark = pytest.mark.django_db


@pytest.fixture
def fan_id() -> int:
    """Two fans with three answers each; the triggers are gone, as for somebody who owns the database."""
    for name in ("bob", "ann"):
        made = create_fan(source="test", email=f"{name}@example.org")
        give(made, "newsletter", source="form", proof={"ip": "192.0.2.1"})
        withdraw(made, "newsletter", source="mail")
        give(made, "newsletter", source="form", proof={"ip": "192.0.2.2"})
        give(made, "research", source="form")
    assert verify_ledger() == []
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("DROP TRIGGER consents_entry_append_only ON consents_entry")
        else:
            cursor.execute("DROP TRIGGER consents_entry_kept")
            cursor.execute("DROP TRIGGER consents_entry_unchanged")
    return made


def entry(fan_id: int, version: int) -> Entry:
    return Entry.objects.get(fan_id=fan_id, purpose="newsletter", version=version)


def edit(version: int, **change: object) -> Callable[[int], None]:
    def act(fan_id: int) -> None:
        Entry.objects.filter(id=entry(fan_id, version).id).update(**change)

    return act


def swap(fan_id: int) -> None:
    first, second = entry(fan_id, 1), entry(fan_id, 2)
    Entry.objects.filter(id=second.id).update(version=99)
    Entry.objects.filter(id=first.id).update(version=2)
    Entry.objects.filter(id=second.id).update(version=1)


def cut(fan_id: int) -> None:
    entry(fan_id, 3).delete()


def cut_with_its_head(fan_id: int) -> None:
    cut(fan_id)
    Head.objects.filter(fan_id=fan_id, purpose="newsletter").update(version=2, state="withdrawn")


SEAL, PROOF, FOLD = (
    "its seal does not fit what it says",
    "its proof was changed",
    "the head is not the fold of the entries",
)
CASES: dict[str, tuple[Callable[[int], object], list[tuple[int, str]]]] = {
    "another act": (edit(2, act="given"), [(2, SEAL)]),
    "another source": (edit(1, source="x"), [(1, SEAL)]),
    "another notice": (edit(1, notice_id=1), [(1, SEAL)]),
    "another seal": (edit(1, hash=b"x"), [(1, SEAL), (2, SEAL)]),
    "another proof": (edit(1, proof='{"ip": "192.0.2.9"}'), [(1, PROOF)]),
    "a proof invented": (edit(2, proof="{}"), [(2, PROOF)]),
    "a proof gone": (edit(1, proof=""), [(1, "its proof is gone without an erasure")]),
    "an entry gone": (lambda fan: entry(fan, 1).delete(), [(2, "an entry before it is missing"), (3, "an entry before it is missing")]),
    "a swap": (swap, [(1, SEAL), (2, SEAL), (3, SEAL)]),
    "the end cut off": (cut, [(2, FOLD)]),
    "the end cut off and the head moved": (cut_with_its_head, [(2, FOLD)]),
    "a forged head": (lambda fan: Head.objects.filter(fan_id=fan, purpose="newsletter").update(state="withdrawn"), [(3, FOLD)]),
    "a head gone": (lambda fan: Head.objects.filter(fan_id=fan, purpose="newsletter").delete(), [(3, "no head stands for its entries")]),
    "all entries gone": (
        lambda fan: Entry.objects.filter(fan_id=fan, purpose="newsletter").delete(),
        [(3, "a head stands without the entry it names")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_c3_a_change_behind_the_triggers_is_named(case: str, fan_id: int) -> None:
    change, problems = CASES[case]
    change(fan_id)
    expected = [f"fan {fan_id}, newsletter, version {version}: {problem}" for version, problem in problems]
    assert verify_ledger(fan_id) == expected
    assert verify_ledger() == expected
