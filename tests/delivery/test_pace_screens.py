"""Pace in the studio: everybody sees the caps, administrators set them, each change stands in the audit trail."""

from datetime import UTC, datetime

import pytest

from tests.accounts.signing import client_of, staff, staff_client
from tifo.accounts.public import audit_entries
from tifo.delivery.models import DayCount, Destination, Pace
from tifo.delivery.public import set_pace
from tifo.kernel.public import Refused

pytestmark = pytest.mark.django_db(transaction=True)

PAGE, NEW = "/studio/settings/pace/", "/studio/settings/pace/new/"
BIG = {"name": "Big", "scope": "group", "domains": "Big.example\n*.big.example", "per_second": "14"}


def test_an_administrator_sets_changes_and_removes_a_cap() -> None:
    assert "No cap is set" in staff_client("communicator").get(PAGE).content.decode()
    assert staff_client("communicator").post(NEW, BIG).status_code == 403
    admin = staff("admin")
    client = client_of(admin)
    client.post(NEW, BIG)
    row = Pace.objects.get()
    assert (row.domains, row.per_second, row.day_most) == (["*.big.example", "big.example"], 14, None)
    there = f"{PAGE}{row.pk}/"
    today = datetime.now(UTC).date()
    client.post(there, {**BIG, "per_second": "", "warm_from": str(today), "day_first": "50"})
    DayCount.objects.create(key=f"rule:{row.pk}", sender="example.org", day=today, used=12)
    page = staff_client("communicator").get(PAGE).content.decode()
    assert "12 of 50" in page
    assert there not in page, "who may not change it has no link"
    assert "*.big.example\nbig.example" in client.get(there).content.decode()
    client.post(there, {"act": "remove"})
    assert not Pace.objects.exists()
    acts = [(entry.act, entry.actor_id) for entry in audit_entries() if "pace" in entry.act]
    assert sorted(acts) == [
        ("delivery.remove-pace", admin.pk), ("delivery.set-pace", admin.pk), ("delivery.set-pace", admin.pk),
    ]  # fmt: skip
    assert client.get(there).status_code == 404


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"domains": ""}, "a group has at least one"),
        ({"domains": "not a domain!"}, "is no domain"),
        ({"per_second": ""}, "Set at least one cap"),
        ({"day_first": "5"}, "A warm-up has a first day"),
        ({"per_second": "0"}, "greater than or equal to 1"),
        ({"scope": "all"}, "Domains belong to a group"),
    ],
)
def test_what_can_not_be_meant_is_refused(wrong: dict[str, str], says: str) -> None:
    page = staff_client("admin").post(NEW, {**BIG, **wrong}).content.decode()
    assert says in page
    assert not Pace.objects.exists()


def test_there_is_one_cap_for_everything() -> None:
    set_pace(None, name="relay", scope="all", per_second=10)
    with pytest.raises(Refused):
        set_pace(None, name="another", scope="all", per_second=20)


def test_what_rests_is_named_with_what_it_said() -> None:
    until = datetime.now(UTC).timestamp() + 3000
    Destination.objects.create(
        key="@small.example", at=until, hold_until=until, fails=4, says="RCPT: 421 slow down"
    )
    page = staff_client("communicator").get(PAGE).content.decode()
    assert "small.example" in page
    assert "421 slow down" in page
