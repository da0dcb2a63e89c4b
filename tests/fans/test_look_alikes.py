"""Who may be one person under several addresses: named for somebody to look at."""

import pytest

from tifo.fans.models import Identity
from tifo.fans.public import LookAlikes, create_fan, erase_fan, look_alikes

pytestmark = pytest.mark.django_db


def fan(address: str, first: str = "", last: str = "", born: str | None = None) -> int:
    return create_fan(
        source="test", email=address, first_name=first or None, last_name=last or None, birth_date=born
    )


def test_the_same_names_and_day_of_birth_may_be_one_person() -> None:
    one = fan("lea@example.org", "Léa", "Moreau", "1996-05-01")
    two = fan("lm@example.com", "LEA", "moreau", "1996-05-01")
    other_day = fan("lea2@example.org", "Léa", "Moreau", "1996-05-02")
    unknown = [fan(f"x{n}@example.org", "Léa", "Moreau") for n in range(2)]
    nameless = [fan(f"y{n}@example.org", born="1996-05-01") for n in range(2)]
    everybody = [one, two, other_day, *unknown, *nameless]
    assert look_alikes(everybody) == [LookAlikes("person", (one, two))]
    assert look_alikes([one, other_day]) == [], "only among those who are asked for"
    erase_fan(two)
    assert look_alikes(everybody) == []


def test_one_mailbox_under_tags_and_dots() -> None:
    plain, tagged = fan("lea@example.org"), fan("lea+prize@example.org")
    fan_of_gmail, dotted = fan("leamoreau@gmail.com"), fan("lea.moreau+2@googlemail.com")
    others = [fan("le.a@example.org"), fan("lea@example.com"), fan("+x@example.org"), fan("+y@example.org")]
    found = look_alikes([plain, tagged, fan_of_gmail, dotted, *others])
    assert sorted(found, key=lambda one: one.fan_ids) == [
        LookAlikes("mailbox", (plain, tagged)),
        LookAlikes("mailbox", (fan_of_gmail, dotted)),
    ]


def test_a_fan_with_two_addresses_is_no_two_fans() -> None:
    one = fan("lea@example.org")
    Identity.objects.create(kind="email", key="lea+new@example.org", fan_id=one)  # an older address of hers
    assert look_alikes([one, one]) == []
    assert look_alikes([]) == []
