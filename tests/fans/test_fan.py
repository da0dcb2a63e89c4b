"""One fan: she comes, changes, joins the club, leaves it, is found, and is forgotten."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from tests.fans.dump import everything
from tifo.fans.models import Erased, Fan, Identity
from tifo.fans.public import (
    ages,
    create_fan,
    destination_key,
    destinations,
    erase_fan,
    erased_keys,
    fan_by_email,
    fan_count,
    fans,
    identities_of,
    is_erased,
    join_club,
    leave_club,
    lock_fan,
    search_fans,
    update_fan,
)
from tifo.kernel.models import OutboxEvent
from tifo.kernel.public import Refused

pytestmark = pytest.mark.django_db


def announced() -> list[tuple[str, dict[str, Any]]]:
    return [
        (row.name, json.loads(row.payload))
        for row in OutboxEvent.objects.filter(name__startswith="fans.").order_by("id")
    ]


def ann(**values: Any) -> int:
    return create_fan(source="fan-club", **{"email": "Ann@Example.org", "first_name": "Ann", **values})


def test_a_fan_comes_with_values_checked_and_announced() -> None:
    fan_id = ann(phone="0612345678", country="France", language="fr-FR", birth_date="1990-07-14", gender="F")
    fan = fans([fan_id])[fan_id]
    assert (fan.email, fan.phone, fan.country, fan.language) == (
        "Ann@Example.org",
        "+33612345678",
        "FR",
        "fr",
    )
    assert (fan.birth_date, fan.gender, fan.source) == (date(1990, 7, 14), "female", "fan-club")
    assert identities_of(fan_id) == [("email", "ann@example.org"), ("phone", "+33612345678")]
    assert announced() == [("fans.FanCreated", {"fan_id": fan_id})]


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"email": "nobody"}, "email: no @ in it"),
        ({"email": None}, "email: an e-mail, a phone number or an external id is needed"),
        ({"phone": "12345"}, "phone: its country is not known"),
        ({"birth_date": "tomorrow"}, "birth_date: it is no date"),
        ({"birth_date": date(1850, 1, 1)}, "birth_date: it lies before 1900"),
        ({"first_name": "A\nB"}, "first_name: a control character"),
        ({"source": " "}, "source: say where she comes from"),
    ],
)
def test_a_value_that_cannot_be_is_refused_by_its_name(values: dict[str, Any], why: str) -> None:
    with pytest.raises(Refused) as refused:
        create_fan(**{"source": "test", "email": "ann@example.org", **values})
    assert str(refused.value).startswith(why)
    assert not Fan.objects.exists()


def test_an_unknown_value_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(TypeError, match="a fan has no shoe_size"):
        ann(shoe_size="42")


def test_an_identity_belongs_to_one_fan() -> None:
    ann(phone="+33612345678", external_id="7")
    for values in ({"email": "ANN@example.ORG"}, {"phone": "+33 6 12 34 56 78"}, {"external_id": "7"}):
        with pytest.raises(Refused, match="another fan is known by it"):
            create_fan(source="test", **values)
    assert fan_count() == 1


def test_a_change_replaces_the_identity_and_is_announced_once() -> None:
    fan_id = ann()
    assert update_fan(fan_id, email="new@example.org", last_name="Lee", first_name="Ann")
    assert not update_fan(fan_id, email="new@example.org")
    assert identities_of(fan_id) == [("email", "new@example.org")]
    assert fan_by_email("ann@example.org") is None
    assert fans([fan_id])[fan_id].last_name == "Lee"
    assert announced() == [("fans.FanCreated", {"fan_id": fan_id}), ("fans.FanChanged", {"fan_id": fan_id})]


def test_another_spelling_of_the_same_address_keeps_the_identity() -> None:
    fan_id = ann()
    assert update_fan(fan_id, email="ANN@example.org")
    assert (fans([fan_id])[fan_id].email, identities_of(fan_id)) == (
        "ANN@example.org",
        [("email", "ann@example.org")],
    )


def test_a_change_to_an_address_of_somebody_else_is_refused_whole() -> None:
    fan_id, _ = ann(), create_fan(source="test", email="bob@example.org")
    with pytest.raises(Refused, match="email: another fan"):
        update_fan(fan_id, email="bob@example.org", last_name="Lee")
    assert (fans([fan_id])[fan_id].email, fans([fan_id])[fan_id].last_name) == ("Ann@Example.org", None)


def test_the_last_identity_stays() -> None:
    fan_id = ann()
    with pytest.raises(Refused, match="must stay"):
        update_fan(fan_id, email=None)
    update_fan(fan_id, email="", phone="+33612345678")
    assert identities_of(fan_id) == [("phone", "+33612345678")]


def test_somebody_unknown_cannot_be_changed() -> None:
    for act in (join_club, leave_club, erase_fan, lock_fan, update_fan):
        with pytest.raises(Refused, match="there is no fan 999"):
            act(999)


def test_the_club_is_joined_and_left_once() -> None:
    fan_id = ann()
    assert [join_club(fan_id), join_club(fan_id)] == [True, False]
    assert fans([fan_id])[fan_id].member_since is not None
    assert [leave_club(fan_id), leave_club(fan_id)] == [True, False]
    assert fans([fan_id])[fan_id].member_since is None
    assert [name for name, _ in announced()] == ["fans.FanCreated", "fans.JoinedClub", "fans.LeftClub"]


def test_every_write_gets_a_revision() -> None:
    fan_id = ann()
    for act in (
        lambda: update_fan(fan_id, last_name="Lee"),
        lambda: join_club(fan_id),
        lambda: erase_fan(fan_id),
    ):
        Fan.objects.update(rev=-1)
        act()
        assert Fan.objects.get(id=fan_id).rev > 0


def test_erasing_blanks_everything_and_keeps_the_id() -> None:
    canaries = {
        "email": "Canary.Mail@example.org",
        "phone": "+33612345678",
        "first_name": "CanaryFirst",
        "last_name": "CanaryLast",
        "postcode": "CanaryCode",
        "external_id": "CanaryId",
        "birth_date": date(1977, 1, 7),
        "timezone": "Pacific/Tahiti",
    }
    joined = datetime(2024, 1, 2, tzinfo=UTC)
    fan_id = create_fan(source="fair", joined_at=joined, **canaries)
    join_club(fan_id)
    assert [erase_fan(fan_id), erase_fan(fan_id)] == [True, False]
    fan = fans([fan_id])[fan_id]
    assert fan.erased_at is not None
    assert {name for name, value in vars(fan).items() if value is not None} == {
        "id", "source", "joined_at", "erased_at",
    }  # fmt: skip
    assert (fan.source, fan.joined_at) == ("fair", joined)
    text = everything().casefold()
    for canary in ("canary", "612345678", "tahiti", "1977-01-07"):
        assert canary not in text
    keys = [
        destination_key(kind, str(canaries[name])).hex()
        for kind, name in (("email", "email"), ("phone", "phone"), ("external", "external_id"))
    ]
    name, said = announced()[-1]
    assert (name, said["fan_id"], sorted(said["keys"])) == ("fans.FanErased", fan_id, sorted(keys))
    assert len(announced()) == 3
    assert fan_count() == 0
    with pytest.raises(Refused, match="was erased"):
        update_fan(fan_id, first_name="Ann")
    with pytest.raises(Refused, match="was erased"):
        join_club(fan_id)


def test_v4_an_erased_address_is_known_by_its_hash_and_comes_back_only_by_herself() -> None:
    fan_id = ann(phone="+33612345678")
    erase_fan(fan_id)
    assert is_erased("email", "ANN@example.org")
    assert is_erased("phone", "+33 6 12 34 56 78")
    assert not is_erased("email", "bob@example.org")
    keys = [destination_key("email", one) for one in ("ann@example.org", "bob@example.org")]
    assert erased_keys(keys) == {keys[0]}
    assert erased_keys([]) == set()
    with pytest.raises(Refused, match="asked to be forgotten"):
        ann()
    other = create_fan(source="test", email="bob@example.org")
    with pytest.raises(Refused, match="asked to be forgotten"):
        update_fan(other, email="ann@example.org")
    assert ann(by_herself=True) != fan_id
    assert not is_erased("email", "ann@example.org")
    assert is_erased("phone", "+33612345678")
    assert Erased.objects.count() == 1


def test_a_destination_key_is_one_for_all_spellings_and_tells_nothing() -> None:
    key = destination_key("email", "Ann@Example.org")
    assert key == destination_key("email", "ann@example.org")
    assert len(key) == 16
    assert key != destination_key("external", "ann@example.org")
    with pytest.raises(Refused, match="no channel"):
        destination_key("pigeon", "ann@example.org")


def test_destinations_come_as_a_table() -> None:
    one = ann(
        email="Ann@bücher.example", language="fr", timezone="Europe/Paris", country="FR", last_name="Lee"
    )
    two, three = (
        create_fan(source="test", phone="+33612345678"),
        create_fan(source="test", email="c@example.org"),
    )
    erase_fan(three)
    assert destinations([three, one, two, one, 999]).to_pylist() == [
        {
            "fan_id": one,
            "email": "Ann@xn--bcher-kva.example",
            "destination_key": destination_key("email", "ann@bücher.example"),
            "language": "fr",
            "country": "FR",
            "timezone": "Europe/Paris",
            "first_name": "Ann",
            "last_name": "Lee",
            "erased": False,
        },
        *(
            {
                "fan_id": other,
                **dict.fromkeys(
                    ("email", "destination_key", "language", "country", "timezone", "first_name", "last_name")
                ),
                "erased": other == three,
            }
            for other in (two, three)
        ),
    ]
    assert destinations([]).num_rows == 0


def test_ages_come_as_a_table() -> None:
    one = ann(birth_date="2010-02-28", country="FR")
    assert ages([one, 999]).to_pylist() == [
        {"fan_id": one, "birth_date": date(2010, 2, 28), "country": "FR", "erased": False}
    ]


def test_a_fan_is_found_by_any_spelling_of_her_address() -> None:
    fan_id = ann()
    found = fan_by_email(" ANN@EXAMPLE.org")
    assert found is not None
    assert found.id == fan_id
    assert fan_by_email("nobody") is None
    assert fans([]) == {}


def test_the_search_knows_addresses_numbers_ids_and_names() -> None:
    elodie = create_fan(
        source="test",
        email="elodie.d@example.org",
        phone="+33612345678",
        external_id="T-1007",
        first_name="Élodie",
        last_name="Dupont-Ñandú",
    )
    ann_id = create_fan(source="test", email="ann@example.org", first_name="Ann Marie", last_name="Lee")
    gone = create_fan(source="test", email="elodie.x@example.org", first_name="Élodie")
    erase_fan(gone)

    def found(text: str, limit: int = 50) -> list[int]:
        return [fan.id for fan in search_fans(text, limit)]

    for text in ("Elodie.D@", "elodie.d@example.org", "T-10", "+33 6 12", "0612345678", "345678", "dupont", "DUPONT-nandu",
                 "élodie", "elodie dupont", "Dupont Elodie", "nandu"):  # fmt: skip
        assert found(text) == [elodie], text
    for text in ("Ann Marie Lee", "Lee Ann Marie", "marie", "ann"):
        assert found(text) == [ann_id], text
    assert found("e", limit=1) != []
    assert len(found("e", limit=1)) == 1
    for text in ("", "  ", "\x00", "%", "_", "nobody here", "100% 'quoted\"", "\\"):
        assert found(text) == [], text


def test_no_identity_is_left_without_its_fan() -> None:
    fan_id = ann(external_id="7")
    assert set(Identity.objects.values_list("fan_id", flat=True)) == {fan_id}
