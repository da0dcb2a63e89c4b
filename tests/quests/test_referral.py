"""A link for friends: nobody's address is told to us by another, and only a new guest who confirmed counts."""

import re

import pytest
from django.test import Client

from tests.accounts.signing import staff_client
from tests.fanclub.world import fill_in, joined, letters, link_in, press
from tests.quests.world import simple
from tifo.accounts.public import audit_entries
from tifo.fans.public import create_fan, fan_by_email, leave_club, update_fan
from tifo.points.public import balances
from tifo.quests.actions import count_guests, forget_plays
from tifo.quests.models import Guest, Invitation, Play
from tifo.quests.public import guest_confirmed, held_guests, invite, open_quest

pytestmark = pytest.mark.django_db
PLACE = "/quests/referral/"


def came(link: str, email: str, **more: str) -> int:
    """Somebody opens the link, joins as its form says, and confirms; her id."""
    browser = Client()
    page = browser.get(link).content.decode()
    friend = re.findall(r'name="friend" value="(\w*)"', page)[0]
    fill_in(browser, email=email, friend=friend, **more)
    (letter,) = letters()
    press(browser, link_in(letter))
    fan = fan_by_email(email)
    assert fan is not None
    return fan.id


def count() -> None:
    while count_guests():
        pass


def points(fan: int) -> int:
    has = balances([fan])
    return has[fan].points if fan in has else 0


def link_of(client: Client) -> str:
    client.post(f"{PLACE}link/")
    page = client.get(PLACE).content.decode()
    return str(re.findall(r'value="https?://[^/]+(/join/\?friend=\w+)"', page)[0])


def test_a_guest_counts_once_she_confirmed_and_no_more_than_so_many(client: Client) -> None:
    lea = joined(client, language="en")
    open_quest(simple("referral", "most: 2"))
    client.get(f"{PLACE}link/")
    assert not Play.objects.exists()
    link = link_of(client)
    assert link_of(client) == link
    waiting = Client()
    page = waiting.get(link).content.decode()
    fill_in(waiting, email="eva@example.org", friend=re.findall(r'name="friend" value="(\w+)"', page)[0])
    count()
    assert (points(lea), Guest.objects.count()) == (0, 0)  # she has not confirmed
    (letter,) = letters()
    press(waiting, link_in(letter))
    count()
    assert points(lea) == 7
    came(link, "omar@example.org", first_name="Omar")
    came(link, "ines@example.org", first_name="Ines")
    count()
    assert points(lea) == 14
    assert sorted(Guest.objects.values_list("state", flat=True)) == ["counted", "counted", "over"]
    page = re.sub(r"\s+", " ", client.get(PLACE).content.decode())
    assert "2 of at most 2" in page
    assert "Omar" not in page
    assert "omar" not in page
    assert Play.objects.get().state == "judged"


def test_herself_a_member_of_before_and_a_strange_link_are_nobodys_guests(client: Client) -> None:
    lea = joined(client, language="en")
    open_quest(simple("referral", ""))
    link = link_of(client)
    code = Invitation.objects.get().code
    assert not guest_confirmed(code, lea)
    assert not guest_confirmed("x" * 16, create_fan(source="test", email="a@example.org"))
    other = Client()
    omar = joined(other, email="omar@example.org")
    leave_club(omar)
    came(link, "omar@example.org")
    count()
    came("/join/?friend=0123456789abcdef", "eva@example.org")
    assert (points(lea), Guest.objects.count()) == (0, 0)
    open_quest(simple("referral", "").replace("2090", "2021"))
    came(link, "ines@example.org")
    assert Guest.objects.count() == 0


def test_who_may_be_the_same_is_held_for_a_person(client: Client) -> None:
    lea = joined(client, language="en")
    open_quest(simple("referral", ""))
    link = link_of(client)
    guest = came(link, "lea+2@example.org")
    count()
    assert (points(lea), [(one.fan_id, one.because) for one in held_guests("referral")]) == (
        0,
        [(guest, "mailbox")],
    )
    twin = came(link, "ines@example.org")
    for fan in (lea, twin):
        update_fan(fan, last_name="Martin")
    count()
    assert [one.because for one in held_guests("referral")] == ["mailbox", "person"]
    desk = staff_client("animator")
    assert f"/studio/fans/{guest}/" in desk.get("/studio/club/quests/referral/").content.decode()
    first, second = held_guests("referral")
    for _twice in range(2):
        desk.post(f"/studio/club/quests/referral/guests/{first.guest_id}/", {"act": "refuse"})
        desk.post(f"/studio/club/quests/referral/guests/{second.guest_id}/", {"act": "count"})
    assert (points(lea), held_guests("referral")) == (7, [])
    assert len(audit_entries(act="quests.guest")) == 2


def test_erasing_a_guest_keeps_the_count_and_nothing_of_her(client: Client) -> None:
    lea = joined(client, language="en")
    open_quest(simple("referral", "most: 1"))
    link = link_of(client)
    guest = came(link, "omar@example.org")
    count()
    forget_plays(guest)
    assert list(Guest.objects.values_list("fan_id", "state")) == [(None, "counted")]
    came(link, "ines@example.org")
    count()
    assert points(lea) == 7
    forget_plays(lea)
    assert (Guest.objects.count(), Invitation.objects.count(), Play.objects.count()) == (0, 0, 0)


def test_the_code_of_a_link_is_long_and_the_same_for_one_fan() -> None:
    fans = [create_fan(source="test", email=f"f{number}@example.org") for number in range(2)]
    open_quest(simple("referral", ""))
    codes = [invite(fan, "referral") for fan in fans]
    assert codes == [invite(fan, "referral") for fan in fans]
    assert len({*codes}) == 2
    assert {len(code) for code in codes} == {16}
