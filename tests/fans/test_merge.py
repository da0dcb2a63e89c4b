"""Many people at once: the same as one after the other, whatever the chunks."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pytest
import time_machine
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fans.dump import everything, undone
from tifo.fans.models import Fan, Identity
from tifo.fans.public import FIELDS, canonical_email, create_fan, erase_fan, fans, merge_people
from tifo.fans.rules import TYPES, name_key
from tifo.kernel.models import OutboxEvent
from tifo.kernel.public import Refused

NOW = datetime(2024, 7, 26, 17, 30, tzinfo=UTC)
Person = dict[str, Any]


@pytest.fixture(autouse=True)
def _still() -> Iterable[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def table(people: Sequence[Person], first: int = 0) -> pa.Table:
    return pa.table(
        {
            "row": pa.array(range(first, first + len(people)), pa.int64()),
            **{name: pa.array([one.get(name) for one in people], TYPES[name]) for name in FIELDS},
        }
    )


def merge(*people: Person, run: str = "run", source: str = "test") -> list[tuple[int | None, str]]:
    with transaction.atomic():
        done = merge_people(table(people), source=source, run=run)
    assert done.column("row").to_pylist() == list(range(len(people)))
    return list(zip(done.column("fan_id").to_pylist(), done.column("outcome").to_pylist(), strict=True))


def outcomes(*people: Person, run: str = "run") -> list[str]:
    return [outcome for _, outcome in merge(*people, run=run)]


# The same in plain Python, one row after the other -------------------------------------------------------------


@dataclass
class World:
    """The rule as it is written down in README.md."""

    fans: list[Person] = field(default_factory=list)
    found: dict[tuple[str, str], int] = field(default_factory=dict)
    seen: dict[int, tuple[str, set[str]]] = field(default_factory=dict)

    def take(self, person: Person, run: str) -> tuple[int | None, str]:
        keys = [("email", canonical_email(person["email"]))] if person.get("email") else []
        keys += [("phone", person["phone"])] if person.get("phone") else []
        keys += [("external", person["external_id"])] if person.get("external_id") else []
        owners = {self.found[key] for key in keys if key in self.found}
        if len(owners) > 1:
            return None, "conflict"
        if owners:
            fan, outcome = owners.pop(), "unchanged"
        else:
            fan, outcome = len(self.fans), "created"
            self.fans.append({"joined_at": NOW})
        before, identities = dict(self.fans[fan]), len(self.found)
        self.found.update(dict.fromkeys(keys, fan))
        if self.seen.get(fan, ("", set()))[0] != run:
            self.seen[fan] = (run, set())
        said = self.seen[fan][1]
        for name, value in person.items():
            if value is None or name in said:
                continue
            said.add(name)
            if name != "club_member":
                self.fans[fan][name] = value
            elif value:
                self.fans[fan].setdefault("member_since", person.get("joined_at") or NOW)
            else:
                self.fans[fan].pop("member_since", None)
        if outcome == "unchanged" and (before != self.fans[fan] or identities != len(self.found)):
            outcome = "updated"
        return fan, outcome


def stored(first: int) -> tuple[list[Person], dict[tuple[str, str], int]]:
    """What the database holds, as the model writes it; ids count from `first`."""
    names = [name for name in FIELDS if name != "club_member"] + ["member_since"]
    rows = Fan.objects.filter(id__gte=first).order_by("id")
    people = [{name: value for name in names if (value := getattr(row, name)) is not None} for row in rows]
    for row in rows:
        assert (row.first_key, row.last_key) == (name_key(row.first_name), name_key(row.last_name))
    found = {(one.kind, one.key): one.fan_id - first for one in Identity.objects.filter(fan_id__gte=first)}
    return people, found


PEOPLE = st.fixed_dictionaries(
    {},
    optional={
        "email": st.sampled_from(["a@example.org", "A@example.org", "b@example.org", "c@faß.de"]),
        "phone": st.sampled_from(["+33612345678", "+33612345679", "+33612345670"]),
        "external_id": st.sampled_from(["1", "2", "3"]),
        "first_name": st.sampled_from(["Ann", "Élodie"]),
        "last_name": st.sampled_from(["Lee", "Ñandú"]),
        "birth_date": st.sampled_from([date(1990, 7, 14), date(2000, 2, 29)]),
        "joined_at": st.sampled_from(
            [datetime(2024, 1, 2, tzinfo=UTC), datetime(2024, 1, 2, 3, 4, 5, 600, tzinfo=UTC)]
        ),
        "club_member": st.booleans(),
    },
).filter(lambda person: bool({"email", "phone", "external_id"} & set(person)))


@pytest.mark.django_db
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.lists(PEOPLE, min_size=1, max_size=7), st.booleans()), min_size=1, max_size=3))
def test_chunks_give_what_row_after_row_gives(chunks: list[tuple[list[Person], bool]]) -> None:
    world, run = World(), 0
    with undone():
        first = create_fan(source="test", external_id="the last one before") + 1
        for people, new_run in chunks:
            run += new_run
            expected = [world.take(one, f"run {run}") for one in people]
            done = [
                (None if fan is None else fan - first, outcome)
                for fan, outcome in merge(*people, run=f"run {run}")
            ]
            assert done == expected
        assert stored(first) == (world.fans, world.found)


# The rules one by one -------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_new_people_are_stored_as_given_with_their_source() -> None:
    [(fan_id, outcome)] = merge({"email": "Ann@Example.org", "first_name": "Ann"}, source="fair 2024")
    assert outcome == "created"
    assert fan_id is not None
    fan = fans([fan_id])[fan_id]
    assert (fan.email, fan.first_name, fan.source, fan.joined_at) == (
        "Ann@Example.org",
        "Ann",
        "fair 2024",
        NOW,
    )


@pytest.mark.django_db
def test_within_a_run_the_first_value_stays_and_a_later_run_replaces_but_never_erases() -> None:
    ann = {"email": "ann@example.org"}
    [(fan_id, _)] = merge({**ann, "first_name": "Ann", "postcode": "75001"}, run="one", source="first")
    assert fan_id is not None
    assert outcomes({**ann, "first_name": "Anna", "last_name": "Lee"}, run="one") == ["updated"]
    assert (fans([fan_id])[fan_id].first_name, fans([fan_id])[fan_id].last_name) == ("Ann", "Lee")
    assert outcomes({**ann, "first_name": "Anne"}, {**ann, "first_name": "Annie"}, run="two") == [
        "updated",
        "unchanged",
    ]
    fan = fans([fan_id])[fan_id]
    assert (fan.first_name, fan.last_name, fan.postcode, fan.source) == ("Anne", "Lee", "75001", "first")


@pytest.mark.django_db
def test_a_value_that_changes_nothing_is_still_the_first_of_its_run() -> None:
    ann = {"email": "ann@example.org"}
    [(fan_id, _)] = merge({**ann, "first_name": "Ann"}, run="one")
    assert fan_id is not None
    assert outcomes({**ann, "first_name": "Ann"}, run="two") == ["unchanged"]
    assert outcomes({**ann, "first_name": "Anna"}, run="two") == ["unchanged"]
    assert fans([fan_id])[fan_id].first_name == "Ann"


@pytest.mark.django_db
def test_a_row_that_names_two_fans_is_a_conflict_and_stores_nothing() -> None:
    ann, bob = {"email": "ann@example.org"}, {"phone": "+33612345678"}
    merge(ann, bob)
    known = list(Fan.objects.order_by("id").values()), list(Identity.objects.order_by("id").values())
    assert merge({**ann, **bob, "first_name": "Canary", "external_id": "9"}) == [(None, "conflict")]
    assert (
        list(Fan.objects.order_by("id").values()),
        list(Identity.objects.order_by("id").values()),
    ) == known
    assert "Canary" not in everything()


@pytest.mark.django_db
def test_an_earlier_address_still_finds_her() -> None:
    [(fan_id, _)] = merge({"external_id": "7", "email": "old@example.org"}, run="one")
    assert merge({"external_id": "7", "email": "new@example.org"}, run="two") == [(fan_id, "updated")]
    assert merge({"email": "OLD@example.org"}, run="three") == [(fan_id, "updated")]


@pytest.mark.django_db
def test_v4_erased_people_do_not_come_back() -> None:
    fan_id = create_fan(source="test", email="ann@example.org", phone="+33612345678")
    erase_fan(fan_id)
    assert merge(
        {"email": "ANN@example.org", "first_name": "Canary"},
        {"email": "new@example.org", "phone": "+33612345678", "first_name": "Canary"},
        {"email": "bob@example.org"},
    )[:2] == [(None, "erased"), (None, "erased")]
    assert Fan.objects.filter(erased_at=None).count() == 1
    text = everything()
    assert "Canary" not in text
    assert "ann@example.org" not in text


@pytest.mark.django_db
def test_only_what_changed_gets_a_new_revision_and_is_announced() -> None:
    merge({"email": "a@example.org", "first_name": "A"}, {"email": "b@example.org"}, run="one")
    Fan.objects.update(rev=1)
    OutboxEvent.objects.all().delete()
    merge({"email": "a@example.org", "first_name": "A"}, {"email": "b@example.org"}, run="two")
    assert set(Fan.objects.values_list("rev", flat=True)) == {1}
    assert not OutboxEvent.objects.exists()
    merge({"email": "a@example.org", "first_name": "B"}, {"email": "b@example.org"}, run="three")
    event = OutboxEvent.objects.get()
    revisions = dict(Fan.objects.values_list("email", "rev"))
    assert event.name == "fans.FansImported"
    assert json.loads(event.payload) == {"run": "three", "first_rev": revisions["a@example.org"]}
    assert revisions["a@example.org"] > 1
    assert revisions["b@example.org"] == 1


@pytest.mark.django_db
def test_bad_tables_are_mistakes_of_the_caller() -> None:
    with transaction.atomic():
        with pytest.raises(ValueError, match="row 0 has no email"):
            merge_people(table([{"first_name": "A"}]), source="test")
        with pytest.raises(ValueError, match="twice"):
            merge_people(
                pa.table({"row": [1, 1], "email": ["a@example.org", "b@example.org"]}), source="test"
            )
        with pytest.raises(ValueError, match=r"not E\.164"):
            merge_people(table([{"phone": "0612345678"}]), source="test")
        with pytest.raises(Refused, match="source"):
            merge_people(table([{"email": "a@example.org"}]), source=" ")


@pytest.mark.django_db
def test_nobody_is_merged_into_nothing() -> None:
    assert merge() == []


@pytest.mark.django_db
def test_new_ids_go_on_after_those_given_one_by_one() -> None:
    first = create_fan(source="test", email="a@example.org")
    [(second, _)] = merge({"email": "b@example.org"})
    third = create_fan(source="test", email="c@example.org")
    assert second is not None
    assert first < second < third


@pytest.mark.django_db
def test_a_run_remembers_what_it_said_over_many_chunks() -> None:
    ann = {"email": "ann@example.org"}
    [(fan_id, _)] = merge({**ann, "first_name": "Ann"}, run="one")
    assert fan_id is not None
    assert outcomes({**ann, "last_name": "Lee"}, run="one") == ["updated"]
    assert outcomes({**ann, "first_name": "Anna", "last_name": "Li"}, run="one") == ["unchanged"]
    assert (fans([fan_id])[fan_id].first_name, fans([fan_id])[fan_id].last_name) == ("Ann", "Lee")


@pytest.mark.django_db
def test_a_membership_begins_once_and_ends_with_a_no() -> None:
    ann = {"email": "ann@example.org"}
    early, late = datetime(2024, 1, 2, tzinfo=UTC), datetime(2024, 3, 4, tzinfo=UTC)

    def member_since(outcome: str, run: str, **values: Any) -> datetime | None:
        [(fan_id, done)] = merge({**ann, **values}, run=run)
        assert (done, fan_id is not None) == (outcome, True)
        return fans([fan_id or 0])[fan_id or 0].member_since

    assert member_since("created", "one", club_member=False, joined_at=early) is None
    assert member_since("unchanged", "two", club_member=False) is None
    assert member_since("updated", "three", club_member=True, joined_at=early) == early
    assert member_since("unchanged", "four", club_member=True) == early
    assert member_since("updated", "five", club_member=True, joined_at=late) == early
    assert member_since("updated", "six", club_member=False) is None
    assert member_since("updated", "seven", club_member=True) == NOW
