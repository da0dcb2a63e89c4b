"""Joining: the form, the letter over real SMTP, the confirmation, and what the ledger holds of it (C3, C4)."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from tests.accounts.signing import staff
from tests.accounts.test_work import packed, solved
from tests.fanclub.world import (
    LEA,
    born,
    fill_in,
    joined,
    letters,
    link_in,
    mailed,
    press,
    said,
    settle,
    signed_in_as,
    words,
)
from tifo.consents.public import consents_of, ledger, notices_by_id, publish_notice, verify_ledger
from tifo.delivery.models import Letter
from tifo.fanclub.models import Joining, Seat
from tifo.fanclub.public import forget_old_wishes
from tifo.fans.public import create_fan, erase_fan, fan_by_email, fan_count, fans, update_fan
from tifo.kernel.public import clock

pytestmark = pytest.mark.django_db


def test_she_joins_from_the_form_to_her_first_page() -> None:
    client = Client()
    answer = fill_in(client, "newsletter", "tracking")
    assert (answer.status_code, answer["Location"]) == (302, "/join/look/")
    assert "lea@example.org" in client.get("/join/look/").content.decode()
    assert fan_count() == 0
    (letter,) = letters()
    assert (letter["To"], letter["Content-Language"]) == ("lea@example.org", "fr")
    assert letter["Subject"] == "Confirme ton adresse pour tifo"
    assert "- Lettre d’information" in words(letter)
    html = letter.get_body(("html",))
    assert html is not None
    assert link_in(letter) in html.get_content()
    assert fan_count() == 0
    done = press(client, link_in(letter))
    assert done["Location"] == "/"
    fan = fan_by_email("lea@example.org")
    assert fan is not None
    assert (fan.first_name, fan.country, fan.language, fan.source) == ("Léa", "FR", "fr", "fan-club")
    assert fan.member_since is not None
    assert consents_of(fan.id) == {"newsletter", "tracking"}
    assert signed_in_as(client) == "lea@example.org"
    page = client.get("/", headers={"Accept-Language": "en"}).content.decode()
    assert "Bonjour, Léa" in page  # in her language, whatever the browser's


def test_the_ledger_proves_both_steps_with_the_wording_she_saw() -> None:
    fan_id = joined(Client(), "newsletter")
    asked, given = [entry for entry in ledger(fan_id) if entry.purpose == "newsletter"]
    assert (asked.act, given.act) == ("requested", "given")
    notice = notices_by_id([asked.notice_id or 0])[asked.notice_id or 0]
    assert (notice.purpose, notice.language) == ("newsletter", "en")  # the page was shown in English
    assert asked.proof["notice_hash"] == given.proof["notice_hash"] == notice.hash
    assert (asked.proof["form"], given.proof["letter"]) == ("join", "joining")
    assert asked.moment < given.moment
    assert verify_ledger(fan_id) == []


def test_opening_the_letters_page_confirms_nothing() -> None:
    client = Client()
    fill_in(client, "newsletter")
    (letter,) = letters()
    for _ in range(3):  # a scanner of the mail server looks into every link
        assert Client().get(link_in(letter)).status_code == 200
        assert Client().head(link_in(letter)).status_code == 200
    assert fan_count() == 0


def test_confirming_twice_is_confirming_once_and_signs_nobody_in_again() -> None:
    client = Client()
    fill_in(client, "newsletter")
    (letter,) = letters()
    link = link_in(letter)
    press(client, link)
    entries = len(ledger(fan_by_email("lea@example.org").id))  # type: ignore[union-attr]
    stranger = Client()
    page = stranger.get(link)
    assert (page.status_code, "You confirmed this before" in page.content.decode()) == (200, True)
    again = stranger.post("/join/confirm/", {"t": link.partition("?t=")[2]})
    assert again["Location"] == "/sign-in/"
    assert signed_in_as(stranger) == ""
    assert fan_count() == 1
    assert len(ledger(fan_by_email("lea@example.org").id)) == entries  # type: ignore[union-attr]


@pytest.mark.parametrize("days", [8, 30])
def test_a_link_that_is_over_counts_nothing_and_the_wish_is_forgotten(days: int) -> None:
    client = Client()
    fill_in(client, "newsletter")
    (letter,) = letters()
    with time_machine.travel(clock.now() + timedelta(days=days, minutes=1), tick=False):
        page = client.get(link_in(letter))
        assert page.status_code == 404
        assert "This link does not open anything" in page.content.decode()
        late = client.post("/join/confirm/", {"t": link_in(letter).partition("?t=")[2]})
        assert late.status_code == 404
        assert fan_count() == 0
        assert forget_old_wishes()
        assert not forget_old_wishes()
    assert not Joining.objects.exists()


@pytest.mark.parametrize("known", [False, True])
def test_the_form_says_the_same_whoever_the_address_belongs_to(known: bool) -> None:
    if known:
        create_fan(source="test", email="lea@example.org", first_name="Léonie")
    client = Client()
    answer = fill_in(client, "newsletter")
    assert (answer.status_code, answer["Location"]) == (302, "/join/look/")
    page = re.sub(r'value="\w{64}"', "", client.get("/join/look/").content.decode())
    assert "Léonie" not in page
    fresh = Client()
    fill_in(fresh, "newsletter", email="other@example.org")
    other = re.sub(r'value="\w{64}"', "", fresh.get("/join/look/").content.decode())
    assert page == other.replace("other@example.org", "lea@example.org")


def test_a_fan_we_know_keeps_what_we_know_and_gaps_are_filled() -> None:
    her = create_fan(
        source="import:tickets", email="lea@example.org", first_name="Léonie", birth_date=clock.now().date()
    )
    update_fan(her, birth_date=None)
    assert joined(Client(), "newsletter") == her
    fan = fans([her])[her]
    assert (fan.first_name, fan.country, fan.source) == ("Léonie", "FR", "import:tickets")
    assert str(fan.birth_date) == "1996-05-01"
    assert fan.member_since is not None


def test_too_young_by_what_we_know_of_her_whatever_she_typed() -> None:
    today = clock.now().date()
    create_fan(source="test", email="lea@example.org", country="FR", birth_date=born(16, today))
    client = Client()
    her = joined(client, "newsletter", "tracking")  # typed 1996; 18 is needed for tracking
    assert consents_of(her) == {"newsletter"}
    assert "Some of what you ticked has to wait" in client.get("/").content.decode()
    assert "tracking" not in {entry.purpose for entry in ledger(her)}


def test_an_older_address_of_hers_opens_nothing() -> None:
    her = create_fan(source="test", email="lea@example.org")
    from tifo.fans.models import Identity

    update_fan(her, email="lea.martin@example.org")
    Identity.objects.create(kind="email", key="lea@example.org", fan_id=her)
    client = Client()
    assert fill_in(client, "newsletter")["Location"] == "/join/look/"
    (letter,) = letters()
    assert letter["Subject"] == "tifo te connaît déjà"
    assert "?t=" not in words(letter)
    assert not Joining.objects.exists()


@pytest.mark.django_db(transaction=True)  # PostgreSQL delivers what is committed
def test_whoever_was_erased_comes_back_by_herself_as_somebody_new() -> None:
    first = joined(Client(), "newsletter")
    erase_fan(first)
    settle()
    assert not Seat.objects.filter(fan_id=first).exists()
    client = Client()
    second = joined(client, "ticketing")
    assert second != first
    assert consents_of(second) == {"ticketing"}
    assert signed_in_as(client) == "lea@example.org"


@pytest.mark.django_db(transaction=True)  # PostgreSQL delivers what is committed
def test_a_wish_that_waits_when_she_is_erased_is_forgotten_too() -> None:
    her = joined(Client(), "newsletter")
    fill_in(Client(), "tracking")
    (letter,) = letters()
    erase_fan(her)
    settle()
    assert not Joining.objects.exists()
    assert Client().get(link_in(letter)).status_code == 404


def test_nothing_is_ticked_before_and_each_yes_stands_beside_its_wording() -> None:
    page = Client().get("/join/", headers={"Accept-Language": "fr"}).content.decode()
    boxes = re.findall(r'<input type="checkbox"[^>]*>', page)
    assert len(boxes) == 5
    assert not [box for box in boxes if "checked" in box]
    assert page.count("En disant oui, vous confirmez") == 5


def test_without_any_tick_she_is_a_member_who_gets_no_mail() -> None:
    her = joined(Client())
    assert fans([her])[her].member_since is not None
    assert said(her) == {}


def test_mails_only_makes_no_member() -> None:
    her = joined(Client(), "newsletter", membership="mails")
    assert fans([her])[her].member_since is None
    assert consents_of(her) == {"newsletter"}
    nothing = fill_in(Client(), membership="mails", email="b@example.org")
    assert nothing.status_code == 422
    assert "there is nothing to do for us" in nothing.content.decode()


def test_below_the_age_of_her_country_nothing_is_kept() -> None:
    answer = fill_in(Client(), birth_date=born(12, clock.now().date()))
    assert answer.status_code == 422
    assert "from the age of 15" in answer.content.decode()
    assert not Joining.objects.exists()
    assert not Letter.objects.exists()


def test_what_she_is_too_young_for_is_not_offered_and_refused_when_sent() -> None:
    client = Client()
    young = born(16, clock.now().date())
    answer = fill_in(client, "newsletter", "tracking", birth_date=young)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "until you are 18: Opens and clicks" in page
    assert 'value="tracking"' not in page
    assert re.search(r'value="newsletter"[^>]*checked', page)
    her = joined(client, "newsletter", birth_date=young)
    assert consents_of(her) == {"newsletter"}


def test_a_wording_that_changed_meanwhile_must_be_read_again() -> None:
    client = Client()
    shown = client.get("/join/").content.decode()
    publish_notice("newsletter", {"en": "Yes, and more."})
    notices = dict(re.findall(r'name="(notice-[\w-]+)" value="(\d+)"', shown))
    answer = client.post("/join/", {**notices, **LEA, "yes": ["newsletter"]})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "The wording of Newsletter changed meanwhile" in page
    assert not re.search(r'value="newsletter"[^>]*checked', page)
    assert "Yes, and more." in page


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("email", "lea", "This is no complete e-mail address"),
        ("email", "lea@example.org\r\nBcc: x@example.org", "This is no complete e-mail address"),
        ("first_name", " ", "Write the name that we may call you."),
        ("first_name", "L\x07éa", "A sign in this name can’t be shown"),
        ("birth_date", "1996-02-31", "This is no possible day of birth"),
        ("birth_date", "2096-02-01", "This is no possible day of birth"),
        ("country", "XX", "Select a valid choice"),
        ("language", "tlh", "Select a valid choice"),
    ],
)
def test_bad_input_says_what_is_wrong_and_leaves_nothing(field: str, value: str, says: str) -> None:
    answer = fill_in(Client(), "newsletter", **{field: value})
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert not Joining.objects.exists()


def test_one_address_gets_a_bounded_number_of_letters_and_the_page_stays_the_same() -> None:
    for _ in range(5):
        assert fill_in(Client(), "newsletter")["Location"] == "/join/look/"
    assert len(letters()) == 3
    assert fill_in(Client(), email="other@example.org")["Location"] == "/join/look/"
    assert len(letters()) == 1


def test_one_network_may_try_so_often_and_three_times_as_often_by_work() -> None:
    bare = [Client().post("/join/", {"email": "x"}).status_code for _ in range(11)]
    assert bare == [422] * 10 + [429]
    worked = [Client().post("/join/", {"email": "x", "work": packed(solved())}).status_code for _ in range(3)]
    assert worked == [422] * 3
    assert Client().post("/join/", {"email": "x", "work": packed(solved("enter"))}).status_code == 429


def test_staff_who_joins_is_not_signed_in_by_a_letter() -> None:
    member = staff("support")
    client = Client()
    fill_in(client, "newsletter", email=member.email)
    (letter,) = letters()
    assert press(client, link_in(letter))["Location"] == "/sign-in/"
    assert signed_in_as(client) == ""
    fan = fan_by_email(member.email)
    assert fan is not None
    assert fan.member_since is not None


def test_a_yes_that_stands_stays_when_she_joins_again() -> None:
    her = joined(Client(), "newsletter")
    mailed(her)
    version = [entry.version for entry in ledger(her) if entry.purpose == "newsletter"]
    joined(Client(), "newsletter", "ticketing")
    assert [entry.version for entry in ledger(her) if entry.purpose == "newsletter"] == version
    assert consents_of(her) == {"newsletter", "ticketing"}
