"""The studio's screens: keep, change, build by text and by tree, with and without script."""

from typing import Any

import pytest
from django.test import Client

from tests.accounts.signing import staff_client
from tests.audiences.conftest import Reading
from tests.audiences.world import WORDS
from tifo.accounts.public import audit_entries
from tifo.audiences import queries
from tifo.audiences.public import (
    AudienceError,
    delete_audience,
    save_audience,
    saved_audience,
    saved_audiences,
)
from tifo.audiences.web import desk, staff
from tifo.kernel.public import Refused

pytestmark = pytest.mark.django_db

HERE = "/studio/audiences/"


@pytest.fixture
def words_here(monkeypatch: pytest.MonkeyPatch, small_world: Reading) -> Reading:
    """The screens speak the words of the small world, too."""
    monkeypatch.setattr(desk, "words", lambda: WORDS)
    monkeypatch.setattr(staff, "words", lambda: WORDS)
    monkeypatch.setattr(staff, "looking", queries.looking)
    return small_world


@pytest.fixture
def client(words_here: Reading) -> Client:
    return staff_client("communicator")


def press(client: Client, text: str, act: str, **sent: str) -> str:
    """The text after a button of the desk was pressed."""
    response = client.post(HERE + "new/", {"text": text, "act": act, **sent}, headers={"HX-Request": "true"})
    assert response.status_code == 200
    return str(response.context["desk"].text)


@pytest.mark.usefixtures("small_world")
def test_a_question_is_kept_changed_and_deleted() -> None:
    kept = save_audience(name="  Judo   lovers ", text='likes("judo") >= 0.5', note="for May")
    assert [(one.id, one.name, one.note) for one in saved_audiences()] == [(kept, "Judo lovers", "for May")]
    save_audience(name="Judo", text='likes("judo") > 0', audience_id=kept)
    changed = saved_audience(kept)
    assert changed is not None
    assert (changed.name, changed.text, changed.note) == ("Judo", 'likes("judo") > 0', "")
    delete_audience(kept)
    assert saved_audiences() == []
    acts = [entry.act for entry in audit_entries()]
    assert sorted(acts) == ["audiences.change", "audiences.delete", "audiences.make"]
    with pytest.raises(Refused, match="not there any more"):
        delete_audience(kept)


@pytest.mark.usefixtures("small_world")
def test_what_can_not_be_kept_is_refused_and_leaves_nothing() -> None:
    save_audience(name="All", text="everyone()")
    for wrong, says in (
        ({"name": " ", "text": "everyone()"}, "no name"),
        ({"name": "ALL", "text": "everyone()"}, "named “ALL” is there already"),
        ({"name": "x" * 121, "text": "everyone()"}, "121 characters"),
        ({"name": "Note", "text": "everyone()", "note": "x" * 2_001}, "2001 characters"),
    ):
        with pytest.raises(Refused, match=says):
            save_audience(**wrong)
    with pytest.raises(AudienceError):
        save_audience(name="Nobody", text="")
    assert len(saved_audiences()) == 1
    assert len(audit_entries()) == 1


def test_the_list_shows_what_is_kept_with_its_size(client: Client) -> None:
    assert "No audience yet" in client.get(HERE).content.decode()
    kept = save_audience(name="French <fans>", text='language = "fr"')
    page = client.get(HERE).content.decode()
    assert "French &lt;fans&gt;" in page
    assert f'data-hx-get="{HERE}{kept}/size/"' in page
    assert client.get(f"{HERE}{kept}/size/").content.decode().strip() == "2"
    assert "Nothing found" in client.get(HERE, {"q": "judo"}).content.decode()


def test_a_question_is_kept_from_the_desk(client: Client) -> None:
    response = client.post(
        HERE + "new/", {"name": "French", "text": 'language = "fr"', "note": "", "act": "save"}
    )
    (kept,) = saved_audiences()
    assert response.headers["Location"] == f"{HERE}{kept.id}/"
    page = client.get(f"{HERE}{kept.id}/").content.decode()
    assert "language is “fr”" in page
    response = client.post(HERE + "new/", {"name": "Wrong", "text": "langage = 1", "act": "save"})
    page = response.content.decode()
    assert "did you mean language?" in page
    assert "<mark>langage</mark>" in page
    assert 'value="Wrong"' in page, "what was typed is not lost"
    client.post(f"{HERE}{kept.id}/delete/")
    assert saved_audiences() == []


def test_while_typing_the_answer_and_the_tree_follow(client: Client) -> None:
    page = client.post(HERE + "answer/", {"text": 'language = "fr"\r\nand tickets() > 1'}).content.decode()
    assert "Fans for whom all of this holds:" in page
    assert 'data-hx-swap-oob="true"' in page
    assert "tickets held is more than 1" in page
    page = client.post(HERE + "answer/", {"text": 'language = "fr"\r\nand tickts() > 1'}).content.decode()
    assert "line 2, column 5: tickts is not a known word; did you mean tickets?" in page
    assert "<mark>tickts</mark>" in page
    assert "An empty question selects nobody" in client.post(HERE + "answer/", {"text": " "}).content.decode()


def test_who_they_are(client: Client) -> None:
    page = client.post(HERE + "who/", {"text": 'language = "fr"'}).content.decode()
    assert "French" in page
    assert "2\u00a0·\u00a0100%" in page
    assert "BE" in page


@pytest.mark.parametrize(
    ("text", "act", "then"),
    [
        ("club.member and by_phone", "not 0", "not club.member and by_phone"),
        ("not club.member and by_phone", "not 0", "club.member and by_phone"),
        ("club.member and by_phone", "not top", "not (club.member and by_phone)"),
        ("club.member and by_phone", "swap top", "club.member or by_phone"),
        ("club.member and (by_phone or age > 3)", "remove 1.0", "club.member and age > 3"),
        ("club.member and not by_phone", "remove 1.0", "club.member"),
        ("club.member", "remove top", ""),
        ("club.member", "not 7", "club.member"),
        ("club.member", "not x", "club.member"),
        ("club.mem", "not top", "club.mem"),
        ("club.member", "close", "club.member"),
    ],
)
def test_the_tree_changes_the_text(client: Client, text: str, act: str, then: str) -> None:
    assert press(client, text, act) == then


@pytest.mark.parametrize(
    ("text", "act", "sent", "then"),
    [
        ("", "and", {"word": "club.member"}, "club.member"),
        (
            "by_phone",
            "and",
            {"word": "language", "operator": "in", "value": "fr, en"},
            'by_phone and language in ("fr", "en")',
        ),
        (
            "by_phone",
            "or",
            {"word": "consents", "argument-purpose": "newsletter"},
            'by_phone or consents("newsletter")',
        ),
        (
            "by_phone and age > 3",
            "and",
            {
                "word": "tickets",
                "operator": ">=",
                "value": "2",
                "argument-venue": "STA",
                "argument-when": "upcoming",
                "place": "0",
            },
            'by_phone and tickets(venue: "STA", when: upcoming) >= 2 and age > 3',
        ),
        (
            "by_phone and age > 3",
            "or",
            {"word": "holds_ticket", "argument-within": "30 days", "argument-when": "any", "place": "1"},
            "by_phone and (age > 3 or holds_ticket(within: 30 days))",
        ),
        (
            "by_phone and age > 3",
            "put",
            {"word": "age", "operator": "<", "value": "30", "place": "1"},
            "by_phone and age < 30",
        ),
        (
            "by_phone",
            "and",
            {"word": "country", "operator": "=", "value": 'a"b'},
            'by_phone and country = "a\\"b"',
        ),
        (
            "by_phone",
            "and",
            {"word": "joined", "operator": ">=", "value": "30 days ago"},
            "by_phone and joined >= 30 days ago",
        ),
    ],
)
def test_the_builder_adds_a_clause(
    client: Client, text: str, act: str, sent: dict[str, str], then: str
) -> None:
    assert press(client, text, act, **sent) == then


def test_the_builder_says_what_is_wrong_and_keeps_what_was_typed(client: Client) -> None:
    sent: dict[str, Any] = {"text": "by_phone", "act": "and", "word": "age", "operator": ">=", "value": "old"}
    response = client.post(HERE + "new/", sent, headers={"HX-Request": "true"})
    page = response.content.decode()
    assert response.context["desk"].text == "by_phone"
    assert "old doesn&#x27;t fit age" in page
    assert 'value="old"' in page


def test_a_clause_opens_in_the_builder_as_it_stands(client: Client) -> None:
    text = 'not tickets(venue: ("STA", "BER"), within: 2 weeks) >= 2'
    response = client.post(HERE + "new/", {"text": text, "act": "edit 0"}, headers={"HX-Request": "true"})
    builder = response.context["desk"].builder
    assert (builder.word, builder.operator, builder.value) == ("tickets", ">=", "2")
    assert builder.given == {"venue": "STA, BER", "within": "2 weeks", "when": "any"}
    sent = {"word": "tickets", "operator": ">=", "value": "2", "place": "0", "editing": "yes"}
    sent |= {f"argument-{name}": value for name, value in builder.given.items()}
    assert press(client, text, "put", **sent) == text


def test_without_script_the_whole_page_comes_back(client: Client) -> None:
    page = client.post(HERE + "new/", {"text": "by_phone", "act": "not top", "name": "Kept"}).content.decode()
    assert "<!doctype html>" in page
    assert "not by_phone</textarea>" in page
    assert 'value="Kept"' in page
    page = client.post(HERE + "new/", {"text": "everyone()", "act": "who"}).content.decode()
    assert "Some of them" in page


def test_who_may_only_look_is_offered_nothing_else(words_here: Reading) -> None:
    kept = save_audience(name="French", text='language = "fr"')
    looking = staff_client("approver")
    page = looking.get(f"{HERE}{kept}/").content.decode()
    assert "readonly" in page
    assert 'class="act"' not in page
    assert looking.get(HERE).status_code == 200
    assert looking.get(HERE + "new/").status_code == 403
    assert looking.post(f"{HERE}{kept}/", {"name": "x", "text": "everyone()"}).status_code == 403
    assert looking.post(f"{HERE}{kept}/delete/").status_code == 403
    assert staff_client("support").get(HERE).status_code == 403
    assert Client().get(HERE).status_code == 302


def test_the_words_are_shown(client: Client) -> None:
    page = client.get(HERE + "words/").content.decode()
    for name in WORDS:
        assert f'id="{name}"' in page
