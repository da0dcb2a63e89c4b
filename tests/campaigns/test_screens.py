"""The studio's campaigns through a browser's requests: who may do what, and what each page says."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.accounts.signing import client_of, staff, staff_client
from tests.campaigns.made import FILE, definition, fan, taken
from tests.delivery.world import Sink, inbox
from tifo.accounts.models import User
from tifo.accounts.public import audit_entries, verify_audit
from tifo.campaigns.actions import plan_waiting
from tifo.campaigns.public import (
    Stage,
    Timing,
    campaign,
    campaigns,
    latest_occurrence,
    progress,
    read_campaign_file,
    save_campaign,
    start,
)
from tifo.lake.public import refresh
from tifo.server.worker import run_until_idle

pytestmark = pytest.mark.django_db(transaction=True)

HOME = "/studio/campaigns/"
HERE = f"{HOME}the-week/"


@pytest.fixture
def people() -> list[int]:
    """Three who agreed, in two languages and zones, one of them without the newsletter."""
    made = [
        fan(0, "newsletter", language="fr", timezone="Pacific/Tahiti"),
        fan(1, "newsletter", language="en"),
        fan(2, "newsletter", language="fr"),
        fan(3, language="en"),
    ]
    refresh()
    return made


@pytest.fixture
def post(settings: LazySettings) -> Iterator[Sink]:
    with inbox() as (sink, url):
        settings.TIFO_SMTP_URL = url
        yield sink


@pytest.fixture
def writer() -> User:
    return staff("communicator")


@pytest.fixture
def desk(writer: User) -> Client:
    return client_of(writer)


def _page(client: Client, address: str, status: int = 200, **sent: Any) -> str:
    """What a page says, in one line."""
    answer = client.get(address, sent)
    assert answer.status_code == status, address
    return _read(answer)


def _read(answer: Any) -> str:
    text = re.sub(r"<(script|style)\b.*?</\1>", "", answer.content.decode(), flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", text)).split())


def _sent(client: Client, address: str, sent: dict[str, Any], *, to: str) -> str:
    """Send a form, be led to `to`, and read what stands there."""
    answer = client.post(address, sent)
    assert answer.status_code == 302, _read(answer)[:800]
    assert answer["Location"].split("#")[0].split("?")[0] == to
    return _page(client, to)


# -- the list, a new one, files


def test_an_empty_list_teaches(desk: Client) -> None:
    page = _page(desk, HOME)
    assert "No campaign yet" in page
    assert "import a file" in page
    assert "New campaign" in page
    assert "New campaign" not in _page(staff_client("analyst"), HOME)


def test_the_list_shows_state_and_figures(desk: Client, people: list[int], post: Sink) -> None:
    save_campaign(definition())
    save_campaign(definition("another"))
    assert people
    start("the-week")
    run_until_idle()
    page = _page(desk, HOME)
    assert re.search(r"the-week sent 4 3 ", page)
    assert re.search(r"another draft – – ", page)
    nothing = _page(desk, HOME, q="finals")
    assert "another" not in _page(desk, HOME, q="week")
    assert "the-week" not in nothing
    assert "No campaign is called so" in nothing


def test_a_new_one_begins_with_whom(desk: Client, people: list[int]) -> None:
    assert people
    sent = {"name": "finals", "purpose": "newsletter", "language": "fr"}
    page = _sent(desk, f"{HOME}new/", sent, to=f"{HOME}finals/who/")
    assert "3 fans" in page or "fans 3" in page
    again = desk.post(f"{HOME}new/", sent)
    assert "There is a campaign “finals” already" in _read(again)
    assert len(campaigns()) == 1


@pytest.mark.parametrize("way", ["text", "file"])
def test_a_file_comes_in_and_goes_out_the_same(way: str, desk: Client) -> None:
    sent: dict[str, Any] = {"text": FILE.strip()}
    if way == "file":
        sent = {"file": SimpleUploadedFile("week.yaml", b"\xef\xbb\xbf" + FILE.strip().encode())}
    page = _sent(desk, f"{HOME}import/", sent, to=HERE)
    assert "“the-week” is taken in" in page
    assert campaign("the-week").definition == definition()
    answer = desk.get(f"{HERE}file/")
    assert answer["Content-Type"] == "application/yaml; charset=utf-8"
    assert answer["Content-Disposition"] == 'attachment; filename="the-week.yaml"'
    assert read_campaign_file(answer.content.decode()) == definition()


def test_a_mistake_in_a_file_is_shown_at_its_place(desk: Client) -> None:
    answer = desk.post(f"{HOME}import/", {"text": FILE.strip().replace("[welcome]", "[welcom]")})
    page = _read(answer)
    assert "Line 7, column 28" in page
    assert "did you mean `welcome`?" in page
    assert "<mark>welcom]}</mark>" in answer.content.decode()
    assert "[welcom]" in answer.content.decode().split("<textarea")[1], "what she wrote is kept"
    latin = SimpleUploadedFile("week.yaml", FILE.encode("latin-1", "replace"))
    assert "is not UTF-8" in _read(desk.post(f"{HOME}import/", {"file": latin}))
    assert campaigns() == []


def test_a_file_replaces_only_when_told_so(desk: Client) -> None:
    save_campaign(definition())
    changed = FILE.replace("Edition 1", "Edition 9").replace("Numéro 1", "Numéro 9")
    assert "There is a campaign “the-week” already" in _read(desk.post(f"{HOME}import/", {"text": changed}))
    _sent(desk, f"{HOME}import/", {"text": changed, "replace": "on"}, to=HERE)
    assert campaign("the-week").definition == definition(edition=9)


# -- who, what, when


def test_who_counts_says_it_in_words_and_points_at_mistakes(desk: Client, people: list[int]) -> None:
    save_campaign(definition(audience='language = "fr" and reachable(email)'))
    assert people
    page = _page(desk, f"{HERE}who/")
    assert "fans 2" in page
    wrong = desk.post(f"{HOME}audience/", {"text": 'language = "fr" and likse("judo")'})
    assert "<mark>likse</mark>" in wrong.content.decode()
    assert "Nobody yet" in _read(desk.post(f"{HOME}audience/", {"text": " "}))


def test_who_says_how_many_get_nothing_and_why(desk: Client, people: list[int]) -> None:
    save_campaign(definition())
    assert people
    page = _page(desk, f"{HERE}who/")
    assert "1 did not agree to this purpose" in page


def test_who_is_kept_unless_somebody_else_was_quicker(desk: Client, writer: User) -> None:
    save_campaign(definition())
    seen = campaign("the-week").fingerprint
    sent = {"act": "keep", "purpose": "ticketing", "text": "holds_ticket()", "expected": seen}
    _sent(desk, f"{HERE}who/", sent, to=HERE)
    assert (campaign("the-week").purpose, campaign("the-week").changed_by) == ("ticketing", writer.name)
    late = desk.post(f"{HERE}who/", {**sent, "text": "club.member"})
    assert "Somebody changed this campaign" in _read(late)
    assert "club.member" in late.content.decode()
    assert campaign("the-week").definition.audience == "holds_ticket()"


def test_what_shows_who_gets_which_block_and_why(desk: Client, people: list[int]) -> None:
    text = FILE.replace("{markdown:", "{when: 'language = \"fr\"', markdown:")
    save_campaign(read_campaign_file(text))
    page = _page(desk, HERE, fan=people[0])
    assert "4 fans are in the audience" in page
    assert 'welcome language = "fr" Languages French: 2 2' in page
    assert 'nothing Why English: 2 “welcome” is for language = "fr" 2' in page
    assert "Why these blocks trunk : welcome welcome fits: language is “fr”" in page
    seen = desk.get(f"{HERE}preview/", {"fan": people[0]})
    assert "Bonjour" in seen.content.decode()
    assert "sandbox" in seen["Content-Security-Policy"]
    dark = desk.get(f"{HERE}preview/", {"fan": people[0], "dark": "1"})
    assert dark.content != seen.content


def test_who_may_not_see_fans_sees_the_blocks_with_a_made_up_name(people: list[int]) -> None:
    named = 'Hello {{ fan.first_name | \\"you\\" }} {{ fan.last_name | \\"x\\" }},'
    save_campaign(read_campaign_file(FILE.replace("Hello,", named)))
    seen = staff_client("analyst").get(f"{HERE}preview/", {"fan": people[1]}).content.decode()
    assert "Berg" in seen
    page = staff_client("analyst").get(HERE, {"sought": "fan1@example.org"}).content.decode()
    assert "fan1@example.org" not in page.replace('value="fan1@example.org"', "")


def test_slots_and_blocks_change_by_buttons(desk: Client) -> None:
    save_campaign(definition())

    def press(act: str, **more: str) -> str:
        expected = campaign("the-week").fingerprint
        return _sent(desk, f"{HERE}slots/", {"act": act, "expected": expected, **more}, to=HERE)

    press("new", called="practical")
    press("change practical", called="sessions", repeat="tickets", ranked="yes")
    slots = campaign("the-week").definition.composition.slots
    assert [(slot.name, slot.repeat, slot.ranked) for slot in slots] == [
        ("trunk", None, False),
        ("sessions", "tickets", True),
    ]
    assert "There is a slot “trunk” already" in press("change sessions", called="trunk")
    press("up sessions")
    assert [slot.name for slot in campaign("the-week").definition.composition.slots] == ["sessions", "trunk"]
    assert "is the only block of slot" in press("out trunk welcome") or "only block" in press(
        "out trunk welcome"
    )
    press("remove sessions")
    assert "does nothing here any more" in press("explode")


def test_a_block_is_kept_when_it_can_be_sent(desk: Client) -> None:
    save_campaign(definition())
    address = f"{HERE}block/welcome/"
    sent = {
        "kind": "markdown",
        "when": "holds_ticket()",
        "topics": "judo, surfing",
        "text-en": "Hi {{ fan.nam }}",
        "expected": campaign("the-week").fingerprint,
    }
    answer = desk.post(address, sent)
    assert "unknown merge tag “fan.nam”" in _read(answer)
    assert "Hi {{ fan.nam }}" in unescape(answer.content.decode())
    _sent(desk, address, {**sent, "text-en": "Hi", "text-es": "Hola"}, to=HERE)
    block = campaign("the-week").definition.composition.block("welcome")
    assert block is not None
    assert (dict(block.texts), block.when, block.topics) == (
        {"en": "Hi", "es": "Hola"},
        "holds_ticket()",
        ("judo", "surfing"),
    )
    assert desk.get(f"{HERE}block/nothing/").status_code == 404


def test_when_says_the_first_and_the_last_moment(desk: Client, people: list[int]) -> None:
    save_campaign(definition())
    assert people
    sent = {"way": "own", "day": "2027-07-01", "hour": "08:00", "act": "look"}
    page = _read(desk.post(f"{HERE}when/", sent))
    assert "Europe/Paris" in page
    assert "Pacific/Tahiti" in page
    assert campaign("the-week").timing == Timing()
    _sent(desk, f"{HERE}when/", {**sent, "act": "keep"}, to=f"{HERE}send/")
    assert campaign("the-week").timing == Timing(datetime(2027, 7, 1, 8, 0, tzinfo=UTC), own_zone=True)
    assert "Say the day." in _read(desk.post(f"{HERE}when/", {"way": "moment", "act": "keep"}))


# -- send


def _press_send(desk: Client, **more: str) -> str:
    expected = campaign("the-week").fingerprint
    return _sent(
        desk, f"{HERE}send/start/", {"expected": expected, "read": "1", **more}, to=f"{HERE}sendings/1/"
    )


def test_the_quiet_page_says_it_all_before(desk: Client, people: list[int]) -> None:
    save_campaign(definition())
    assert people
    page = _page(desk, f"{HERE}send/")
    assert "3 people get this" in page
    assert "1 of the 4 fans in the audience does not: 1 did not agree to this purpose" in page
    assert "Here are 3 of them" in page
    assert "Numéro 1" in page
    assert "Send to 3" in page
    assert latest_occurrence("the-week") is None
    others = _page(staff_client("analyst"), f"{HERE}send/")
    assert "Send to 3" not in others


def test_errors_stop_and_warnings_are_read(desk: Client, people: list[int], post: Sink) -> None:
    text = FILE.replace("{markdown:", "{when: 'language = \"fr\"', markdown:")
    save_campaign(read_campaign_file(text))
    assert people
    assert "slot trunk : empty for 2 of 4 fans" in _page(desk, f"{HERE}send/")
    expected = campaign("the-week").fingerprint
    page = _sent(desk, f"{HERE}send/start/", {"expected": expected}, to=f"{HERE}send/")
    assert "Read the warnings first" in page
    wrong = read_campaign_file(FILE.replace("Hello,", "Hello {{ fan.nam }},"))
    save_campaign(wrong)
    page = _page(desk, f"{HERE}send/")
    assert "must be mended first" in page
    assert "Send to" not in page
    expected = campaign("the-week").fingerprint
    _sent(desk, f"{HERE}send/start/", {"expected": expected, "read": "1"}, to=f"{HERE}send/")
    run_until_idle()
    assert (latest_occurrence("the-week"), post.contents) == (None, [])


def test_sending_shows_its_sum_and_leads_to_the_report(desk: Client, people: list[int], post: Sink) -> None:
    save_campaign(definition())
    assert people
    page = _press_send(desk)
    assert "being planned" in page
    assert _page(desk, HERE).count("is for the next one") == 1
    assert desk.get(f"{HERE}send/")["Location"] == f"{HERE}sendings/1/"
    state = f"{HERE}sendings/1/state/"
    assert desk.get(state, {"stage": "planning"}).status_code == 200
    run_until_idle()
    part = desk.get(state, {"stage": "planning"})
    assert part["HX-Refresh"] == "true"
    last = desk.get(state, {"stage": "finished"})
    assert last.status_code == 286
    assert "4 planned = 3 accepted + 1 not sent + 0 refused + 0 unknown + 0 open" in _read(last)
    assert len(taken(post)) == 3
    page = _page(desk, f"{HERE}sendings/1/")
    assert "See the report" in page
    assert "never agreed to this purpose" in page
    assert "planned" in _page(desk, f"{HERE}report/")
    assert desk.get(f"{HERE}sendings/2/").status_code == 404
    assert desk.get(f"{HOME}nothing/").status_code == 404


def test_an_empty_base_says_so_instead_of_failing(desk: Client) -> None:
    save_campaign(definition())
    for page in ("", "who/", "when/", "send/"):
        assert "lake" in _page(desk, f"{HERE}{page}"), page
    expected = campaign("the-week").fingerprint
    _sent(desk, f"{HERE}send/start/", {"expected": expected}, to=f"{HERE}send/")
    assert latest_occurrence("the-week") is None


def test_what_was_seen_is_what_is_sent(desk: Client, people: list[int]) -> None:
    save_campaign(definition())
    assert people
    seen = campaign("the-week").fingerprint
    save_campaign(definition(edition=2))
    page = _sent(desk, f"{HERE}send/start/", {"expected": seen}, to=f"{HERE}send/")
    assert "nothing was sent" in page
    assert latest_occurrence("the-week") is None


def test_a_test_goes_to_oneself_and_to_nobody_else(
    desk: Client, writer: User, people: list[int], post: Sink
) -> None:
    save_campaign(definition())
    page = _sent(desk, f"{HERE}send/test/", {"fan": people[0]}, to=f"{HERE}send/")
    assert f"A test is on its way to {writer.email}" in page
    run_until_idle()
    assert taken(post) == [(writer.email, "[test] Numéro 1")]


def test_links_are_tried_only_when_asked(
    desk: Client, people: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert people
    save_campaign(read_campaign_file(FILE.replace("https://example.org/en", "http://127.0.0.1:9/en")))
    page = _sent(desk, f"{HERE}send/links/", {}, to=f"{HERE}send/")
    assert "http://127.0.0.1:9/en" in page
    assert "it leads to no public address" in page

    def reached(*_: object) -> None:
        raise AssertionError("a page tried a link")

    monkeypatch.setattr("tifo.campaigns.web.send.try_links", reached)
    _page(desk, f"{HERE}send/")


def test_pause_go_on_and_cancel_by_the_roles_that_may(desk: Client, people: list[int], post: Sink) -> None:
    save_campaign(definition())
    assert people
    _press_send(desk)
    plan_waiting()
    act, there = f"{HERE}sendings/1/act/", f"{HERE}sendings/1/"
    approver = staff_client("approver")
    assert "paused" in _sent(approver, act, {"act": "pause"}, to=there)
    run_until_idle()
    assert post.contents == []
    assert "can't be done" in _sent(approver, act, {"act": "resume"}, to=there)
    assert "waits for its hour" in _sent(desk, act, {"act": "resume"}, to=there)
    assert staff_client("analyst").post(act, {"act": "cancel"}).status_code == 403
    typed = {"typed": "the-wek"}
    assert "Type the campaign's name" in _sent(desk, f"{act}?act=cancel", typed, to=there)
    _sent(desk, f"{act}?act=cancel", {"typed": "the-week"}, to=there)
    run_until_idle()
    last = latest_occurrence("the-week")
    assert last is not None
    done = progress(last.id)
    assert (done.stage, done.cancelled, post.contents) == (Stage.CANCELLED, 4, [])
    acts = [entry.act for entry in audit_entries() if entry.subject == "campaign:the-week"]
    assert sorted(acts) == [f"campaigns.{act}" for act in ("cancel", "make", "pause", "resume", "start")]
    assert verify_audit() == []


def test_a_second_person_approves_on_the_page(
    desk: Client, people: list[int], post: Sink, settings: LazySettings
) -> None:
    """S5"""
    settings.TIFO_APPROVAL_ABOVE = 3
    save_campaign(definition())
    assert people
    assert "Ask for approval to send to 3" in _page(desk, f"{HERE}send/")
    _press_send(desk)
    run_until_idle()
    there = f"{HERE}sendings/1/"
    assert "It waits for a second person" in _page(desk, there)
    last = latest_occurrence("the-week")
    assert last is not None
    form = {"act": "approve", "audience": last.audience_hash, "text": last.fingerprint}
    assert "can't be done" in _sent(desk, f"{there}act/", form, to=there)
    approver = staff_client("approver")
    assert "Approve for 4 fans" in _page(approver, there)
    assert "look at it again" in _sent(approver, f"{there}act/", {**form, "text": "x"}, to=there)
    _sent(approver, f"{there}act/", form, to=there)
    run_until_idle()
    assert "sent" in _page(desk, there)
    assert len(post.contents) == 3


@pytest.mark.parametrize("role", ["analyst", "support", "animator", "approver", "data-protection"])
def test_others_look_and_change_nothing(role: str, people: list[int]) -> None:
    save_campaign(definition())
    assert people
    client = staff_client(role)
    for page in ("", "who/", "subject/", "block/welcome/", "when/", "send/", "file/"):
        assert client.get(f"{HERE}{page}").status_code == 200, page
    for page in ("who/", "slots/", "subject/", "block/welcome/", "when/", "send/start/", "send/test/"):
        assert client.post(f"{HERE}{page}", {"expected": ""}).status_code == 403, page
    assert client.get(f"{HOME}new/").status_code == 403
    assert client.post(f"{HOME}import/", {"text": FILE}).status_code == 403
    assert campaign("the-week").definition == definition()
