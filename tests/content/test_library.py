"""The library, its reviews and versions, and the screens."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.accounts.signing import client_of, staff, staff_client
from tests.content.made import MINE, SEATS, WELCOME
from tifo.accounts.models import User
from tifo.accounts.public import audit_entries
from tifo.content.public import (
    Block,
    blocks,
    delete_block,
    restore_block,
    review_block,
    save_block,
    save_blocks,
    stored_block,
    versions,
)
from tifo.fans.public import create_fan
from tifo.kernel.public import Refused

pytestmark = pytest.mark.django_db
BLOCK = Block("welcome", "markdown", WELCOME, when='language = "fr"', topics=("judo",), fallback="en")


@pytest.fixture
def writer() -> User:
    return staff("communicator")


def test_a_block_comes_back_as_it_was_kept(writer: User) -> None:
    assert save_block("", BLOCK, by=writer.pk) == 1
    assert blocks("") == [BLOCK]
    assert blocks("a-campaign") == []
    stored = stored_block("", "welcome")
    assert stored is not None
    assert (stored.version, stored.changed_by) == (1, f"Staff {writer.email[5:].partition('@')[0]}")


def test_a_review_is_of_these_words(writer: User) -> None:
    save_block("", BLOCK, by=writer.pk)
    review_block("", "welcome", by=writer.pk)
    assert blocks("")[0].state == "reviewed"
    changed = Block(
        "welcome",
        "markdown",
        {**WELCOME, "fr": "Bonjour"},
        when=BLOCK.when,
        topics=BLOCK.topics,
        fallback="en",
    )
    assert save_block("", changed, by=writer.pk) == 2
    stored = stored_block("", "welcome")
    assert stored is not None
    assert stored.block.state == "draft"
    assert {text.language: text.reviewed_at is not None for text in stored.texts} == {
        "ar": True,
        "en": True,
        "fr": False,
    }
    with pytest.raises(Refused, match="has no text in that language"):
        review_block("", "welcome", by=writer.pk, languages=["es"])


def test_keeping_the_same_again_is_no_version(writer: User) -> None:
    save_block("", BLOCK, by=writer.pk)
    assert save_block("", BLOCK, by=writer.pk) == 1
    assert len(versions("", "welcome")) == 1


def test_an_earlier_version_comes_back(writer: User) -> None:
    save_block("", BLOCK, by=writer.pk)
    save_block("", Block("welcome", "markdown", {"en": "New"}), by=writer.pk)
    assert restore_block("", "welcome", 1, by=writer.pk) == 3
    assert blocks("") == [BLOCK]
    assert [version.version for version in versions("", "welcome")] == [3, 2, 1]
    with pytest.raises(Refused, match="has no version 9"):
        restore_block("", "welcome", 9, by=writer.pk)


def test_a_block_with_errors_is_not_kept(writer: User) -> None:
    with pytest.raises(Refused, match="unknown merge tag"):
        save_block("", Block("x", "markdown", {"en": "{{ fan.nope }}"}), by=writer.pk)
    save_block("", BLOCK, by=writer.pk)
    with pytest.raises(Refused, match="choose another name"):
        save_block("", BLOCK, by=writer.pk, fresh=True)
    assert [block.name for block in blocks("")] == ["welcome"]


def test_a_collection_is_written_whole_or_not(writer: User) -> None:
    save_blocks(
        "camp", [Block("a", "markdown", {"en": "a"}), Block("b", "markdown", {"en": "b"})], by=writer.pk
    )
    with pytest.raises(Refused):
        save_blocks(
            "camp", [Block("c", "markdown", {"en": "c"}), Block("d", "markdown", {"en": "{{"})], by=writer.pk
        )
    assert [block.name for block in blocks("camp")] == ["a", "b"]
    save_blocks("camp", [Block("b", "markdown", {"en": "b"})], by=writer.pk)
    assert [block.name for block in blocks("camp")] == ["b"]


def test_each_act_is_audited(writer: User) -> None:
    save_block("", BLOCK, by=writer.pk)
    review_block("", "welcome", by=writer.pk)
    delete_block("", "welcome", by=writer.pk)
    acts = [entry.act for entry in audit_entries() if entry.act.startswith("content.")]
    assert sorted(acts) == ["content.delete_block", "content.review_block", "content.save_block"]


# -- screens


def test_the_list_says_what_is_missing(writer: User) -> None:
    client = client_of(writer)
    assert "No block yet" in client.get(reverse("content:list")).content.decode()
    save_block("", Block("seats", "markdown", SEATS, when="not holds_ticket()"), by=writer.pk)
    page = client.get(reverse("content:list")).content.decode()
    assert "Spanish is missing" in page
    assert "not holds_ticket()" in page
    assert "Nothing found" in client.get(reverse("content:list"), {"q": "zzz"}).content.decode()


def typed(**more: str) -> dict[str, str]:
    return {
        "name": "hello",
        "kind": "markdown",
        "language": "en",
        "source": "# Hi",
        "when": "",
        "topics": "",
        "fallback": "",
        **more,
    }


def test_writing_a_block(writer: User) -> None:
    client = client_of(writer)
    answer = client.post(reverse("content:new"), typed(topics="judo, swimming,judo"))
    assert answer.headers["Location"] == reverse("content:edit", args=["hello"]) + "?language=en"
    client.post(
        reverse("content:edit", args=["hello"]), typed(language="fr", source="# Salut", topics="judo")
    )
    assert blocks("") == [Block("hello", "markdown", {"en": "# Hi", "fr": "# Salut"}, topics=("judo",))]
    page = client.get(answer.headers["Location"]).content.decode()
    assert "# Hi" in page
    assert "fan.first_name" in page
    again = client.post(reverse("content:new"), typed())
    assert "already" in again.content.decode()


def test_a_refusal_keeps_what_was_typed(writer: User) -> None:
    page = (
        client_of(writer)
        .post(reverse("content:new"), typed(source="{{ fan.nope }} my words"))
        .content.decode()
    )
    assert "unknown merge tag" in page
    assert "my words" in page
    assert blocks("") == []


def test_problems_and_preview_while_typing(writer: User) -> None:
    client = client_of(writer)
    assert (
        "did you mean fan.first_name"
        in client.post(reverse("content:look"), typed(source="{{ fan.frst_name }}")).content.decode()
    )
    assert "Nothing to mend" in client.post(reverse("content:look"), typed()).content.decode()
    fan = create_fan(source="test", email="lea@example.org", first_name="Léa", language="fr")
    source = '# Hi {{ fan.first_name | "fan" }}'
    answer = client.post(reverse("content:see"), typed(source=source, fan=str(fan)))
    assert "Hi Léa" in answer.content.decode()
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert (
        "Hi Léa"
        in client.post(
            reverse("content:see"), typed(source=source, sought="lea@example.org")
        ).content.decode()
    )
    assert "Hi Anna" in client.post(reverse("content:see"), typed(source=source)).content.decode()
    assert (
        "No fan is found"
        in client.post(
            reverse("content:see"), typed(source=source, sought="nobody@example.org")
        ).content.decode()
    )
    assert "can’t be shown" in client.post(reverse("content:see"), typed(source="{{ x }}")).content.decode()
    tile = client.post(reverse("content:see"), typed(source=MINE["en"])).content.decode()
    assert "Arena" in tile
    assert "prefers-color-scheme:dark" not in client.post(
        reverse("content:see"), typed(dark="1")
    ).content.decode().replace(" ", "")


def test_who_may_not_see_fans_sees_a_made_up_one(writer: User) -> None:
    fan = create_fan(source="test", email="lea@example.org", first_name="Léa", language="fr")
    save_block("", BLOCK, by=writer.pk)
    analyst = staff_client("analyst")
    address = reverse("content:preview", args=["welcome"])
    assert "Bonjour Léa" in client_of(writer).get(
        address, {"language": "en", "fan": fan}
    ).content.decode().replace("Hello", "Bonjour")
    assert "Hello Anna" in analyst.get(address, {"language": "en", "fan": fan}).content.decode()
    page = analyst.get(reverse("content:edit", args=["welcome"])).content.decode()
    assert "Keep this block" not in page
    assert analyst.post(reverse("content:edit", args=["welcome"]), typed()).status_code == 403


def test_reviewing_and_deleting(writer: User) -> None:
    save_block("", BLOCK, by=writer.pk)
    approver: Client = staff_client("approver")
    approver.post(reverse("content:review", args=["welcome"]), {"language": "fr"})
    stored = stored_block("", "welcome")
    assert stored is not None
    assert [text.language for text in stored.texts if text.reviewed_at] == ["fr"]
    assert client_of(writer).get(reverse("content:edit", args=["nothing"])).status_code == 404
    client_of(writer).post(reverse("content:delete", args=["welcome"]))
    assert blocks("") == []


def test_the_desk_shows_a_problem_at_its_line_and_the_other_languages(writer: User) -> None:
    save_block("", BLOCK, by=writer.pk)
    client = client_of(writer)
    page = client.post(
        reverse("content:look"), typed(source="one\n\n{{ fan.frst_name }}", language="fr")
    ).content.decode()
    assert 'href="#id_source" data-line="3"' in page
    assert "Go to line 3" in page
    page = client.get(reverse("content:edit", args=["welcome"]), {"language": "fr"}).content.decode()
    written = {other for other in BLOCK.texts if f'class="content-other" lang="{other}"' in page}
    assert written == set(BLOCK.texts) - {"fr"}
    broken = client.post(reverse("content:see"), typed(source="{{ x }}"))
    assert "style-src 'unsafe-inline'; sandbox" in broken.headers["Content-Security-Policy"]
