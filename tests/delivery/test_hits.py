"""Hits: named only with consent, classified, archived once (C9, T4, T6)."""

import asyncio
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.delivery.world import Recorder, entered, fan, newsletter, woven
from tests.loops import elsewhere
from tifo.consents.public import give, withdraw
from tifo.delivery.actions import hits as module
from tifo.delivery.lake import _hit_files
from tifo.delivery.models import HitFile, HitSource, Message
from tifo.delivery.public import HitsArchived, Link, archived_hits, claim, cross, load_hits, register_links
from tifo.delivery.rules import classify
from tifo.delivery.web.journal import HitJournal
from tifo.kernel.models import OutboxEvent
from tifo.kernel.public import data_path
from tifo.lake.public import reading, refresh

pytestmark = pytest.mark.django_db

PERSON = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
LATER = timedelta(minutes=5)


def sent(*fan_ids: int, label: str = "news") -> tuple[int, list[int]]:
    """A mailing that these fans were sent; (its id, the messages' ids)."""
    mailing = newsletter(label)
    register_links(
        mailing, [Link(n, f"https://example.org/{n}", "b", "en", ("judo",) if n else ()) for n in range(9)]
    )
    entered(mailing, fan_ids)
    cross(mailing, woven(claim(mailing, 0, owner="a")), Recorder())
    by_fan = dict(Message.objects.filter(mailing_id=mailing).values_list("fan_id", "id"))
    return mailing, [by_fan[fan_id] for fan_id in fan_ids]


def hit(
    mailing: int,
    message: int | None,
    kind: str = "c",
    *,
    after: timedelta = LATER,
    link: int = 0,
    agent: str = PERSON,
    network: str = "203.0.113.0",
    head: bool = False,
) -> dict[str, Any]:
    moment = datetime.now(UTC) + after
    return {
        "t": int(moment.timestamp() * 1000), "k": kind, "m": mailing, "i": message, "l": link if kind == "c" else -1,
        "h": head, "a": agent, "n": network,
    }  # fmt: skip


def raw(name: str, hits: list[dict[str, Any]], tail: str = "") -> Path:
    path = data_path("hits", name)
    path.write_text("".join(json.dumps(one) + "\n" for one in hits) + tail)
    return path


def loaded() -> list[dict[str, Any]]:
    assert load_hits()
    return [row for file in HitFile.objects.order_by("id") for row in archived_hits(file.pk).to_pylist()]


def test_a_hit_names_the_message_only_while_she_allows_it() -> None:
    """C9: what counts is her word when the hit is kept, not when the mail was sent."""
    allows, never, took_back = fan(1), fan(2), fan(3)
    for fan_id in (allows, took_back):
        give(fan_id, "tracking", source="test")
    mailing, messages = sent(allows, never, took_back)
    withdraw(took_back, "tracking", source="test")
    raw("1.jsonl", [hit(mailing, message, kind) for message in messages for kind in "oc"])
    rows = loaded()
    assert [row["message_id"] for row in rows] == [messages[0]] * 2 + [None] * 4
    assert [row["fan_id"] for row in rows] == [allows] * 2 + [None] * 4
    assert {row["mailing_id"] for row in rows} == {mailing}
    kept = b"".join(path.read_bytes() for path in data_path("archive", "x").parent.rglob("*.parquet"))
    assert kept
    assert not list(data_path("hits", "x").parent.iterdir())


def test_a_token_without_a_name_counts_without_one() -> None:
    """C9: what names nobody is counted, and stays without a name."""
    mailing, _ = sent(fan(1))
    raw("1.jsonl", [hit(mailing, None, "o"), hit(mailing, None, "c", link=3)])
    rows = loaded()
    assert [(row["kind"], row["link"], row["message_id"], row["topics"]) for row in rows] == [
        ("open", -1, None, []),
        ("click", 3, None, ["judo"]),
    ]


@pytest.mark.parametrize(
    ("wanted", "more"),
    [
        ("person", {}),
        ("person", {"kind": "o"}),
        ("scanner", {"head": True}),
        ("scanner", {"agent": ""}),
        ("scanner", {"agent": "curl/8.5"}),
        ("scanner", {"agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"}),
        ("scanner", {"agent": "Barracuda Sentinel (EE)"}),
        ("scanner", {"after": timedelta(0)}),
        ("proxy", {"kind": "o", "after": timedelta(0)}),
        ("proxy", {"kind": "o", "agent": "Mozilla/5.0"}),
        (
            "proxy",
            {
                "kind": "o",
                "agent": "Mozilla/5.0 (Windows NT 5.1) Firefox/11.0 (via ggpht.com GoogleImageProxy)",
            },
        ),
        ("proxy", {"kind": "o", "network": "17.58.98.0"}),
        ("person", {"kind": "c", "network": "17.58.98.0"}),
    ],
)
def test_the_rule_tells_people_from_programs(wanted: str, more: dict[str, Any]) -> None:
    fan_id = fan(1)
    give(fan_id, "tracking", source="test")
    mailing, (message,) = sent(fan_id)
    raw("1.jsonl", [hit(mailing, message, **more)])
    assert [row["class"] for row in loaded()] == [wanted]
    assert HitFile.objects.get().rule == classify.VERSION


def test_many_links_at_once_are_no_person_also_when_she_did_not_allow_tracking() -> None:
    her, other = fan(1), fan(2)
    mailing, (message, second) = sent(her, other)
    burst = [hit(mailing, message, link=n, after=LATER + timedelta(seconds=n)) for n in range(5)]
    alone = [hit(mailing, message, after=LATER * 3), hit(mailing, second), hit(mailing, second, link=1)]
    raw("1.jsonl", burst + alone)
    assert [row["class"] for row in loaded()] == ["scanner"] * 5 + ["person"] * 3


def test_hits_that_came_together_are_each_there_once() -> None:
    mailing, _ = sent(fan(1))
    for number in range(3):
        raw(f"{number}.jsonl", [hit(mailing, None, link=number)] * 4)
    rows = loaded()
    assert Counter(row["link"] for row in rows) == {0: 4, 1: 4, 2: 4}
    assert len({row["hit_id"] for row in rows}) == 12
    assert not load_hits()


@pytest.mark.django_db(transaction=True)
def test_a_file_is_loaded_once_however_often_that_is_cut_short(monkeypatch: pytest.MonkeyPatch) -> None:
    mailing, _ = sent(fan(1))
    path = raw("1.jsonl", [hit(mailing, None)])
    copy = path.read_bytes()
    assert load_hits()
    path.write_bytes(copy)  # the deletion was lost
    raw("2.jsonl", [hit(mailing, None, link=1)])
    assert load_hits()
    assert sum(HitFile.objects.values_list("hits", flat=True)) == 2
    assert set(HitSource.objects.values_list("name", flat=True)) == {"1.jsonl", "2.jsonl"}

    def fails(*events: object) -> None:
        raise OSError

    raw("3.jsonl", [hit(mailing, None, link=2)])
    with monkeypatch.context() as patch:
        patch.setattr(module, "announce", fails)
        with pytest.raises(OSError):
            load_hits()
    assert load_hits()
    assert sum(HitFile.objects.values_list("hits", flat=True)) == 3


def test_cut_and_foreign_lines_are_left_out() -> None:
    mailing, _ = sent(fan(1))
    raw("1.jsonl", [hit(mailing, None), {"dropped": 3}, hit(mailing + 99, None)], tail='rubbish\n{"t":17000')
    assert len(loaded()) == 1


@pytest.mark.django_db(transaction=True)
def test_the_file_of_a_dead_tracker_is_taken_over_and_that_of_a_living_one_is_not() -> None:
    mailing, _ = sent(fan(1))
    raw("0.open", [hit(mailing, None)])

    journal = HitJournal(data_path("hits"))
    journal._commit([json.dumps(hit(mailing, None, link=1)).encode()], 0)
    assert [row["link"] for row in loaded()] == [0]
    assert [path.suffix for path in data_path("hits", "x").parent.iterdir()] == [".open"]
    elsewhere(asyncio.run, journal.close())
    assert [row["link"] for row in loaded()] == [0, 1]


def test_the_archive_is_announced() -> None:
    mailing, _ = sent(fan(1))
    raw("1.jsonl", [hit(mailing, None)])
    load_hits()
    payload = OutboxEvent.objects.get(name=HitsArchived.name).payload
    assert json.loads(payload) == {"file_id": HitFile.objects.get().pk}


@pytest.mark.django_db(transaction=True)
def test_the_lake_knows_messages_and_hits() -> None:
    her, other = fan(1), fan(2)
    give(her, "tracking", source="test")
    mailing, (message, _) = sent(her, other)
    raw("1.jsonl", [hit(mailing, message), hit(mailing, None, "o")])
    load_hits()
    assert [position for position, _ in _hit_files(0)] == [HitFile.objects.get().position]
    refresh()
    with reading() as reader:
        messages = reader.sql("SELECT label, fan_id, state FROM message ORDER BY fan_id", {}).to_pylist()
        found = reader.sql('SELECT fan_id, kind, "class", label FROM hit ORDER BY hit_id', {}).to_pylist()
    assert messages == [{"label": "news", "fan_id": number, "state": "accepted"} for number in (her, other)]
    assert found == [
        {"fan_id": her, "kind": "click", "class": "person", "label": "news"},
        {"fan_id": None, "kind": "open", "class": "person", "label": "news"},
    ]
