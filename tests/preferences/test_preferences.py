"""Declaring, learning, fading and forgetting, in the database."""

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tifo.consents.public import give, withdraw
from tifo.delivery.models import HitFile
from tifo.delivery.public import HitsArchived, Link, open_mailing, register_links
from tifo.fans.public import create_fan, erase_fan
from tifo.kernel.public import Refused, announce, archive, clock, deliver_events
from tifo.preferences import models
from tifo.preferences.public import (
    WEIGHTS,
    Topic,
    declare,
    declare_imported,
    ensure_topics,
    fade,
    forget_reason,
    learn,
    preferences_of,
    save_topic,
)
from tifo.preferences.rules import Evidence, learnt, mass

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


def later(monkeypatch: pytest.MonkeyPatch, days: float) -> datetime:
    moment = NOW + timedelta(days=days)
    monkeypatch.setattr(clock, "now", lambda: moment)
    return moment


def settle() -> None:
    while deliver_events():
        pass


@pytest.fixture
def fan() -> int:
    return tracked("lea@example.org")


def tracked(address: str) -> int:
    fan_id = create_fan(source="test", email=address)
    give(fan_id, "tracking", source="test")
    return fan_id


def acts(*rows: tuple[int, str, str, datetime, str], weight: float | None = None) -> pa.Table:
    columns = list(zip(*rows, strict=True))
    return pa.table(
        {
            "fan_id": pa.array(columns[0], pa.int64()),
            "topic": columns[1],
            "source": columns[2],
            "weight": pa.array([weight] * len(rows), pa.float64()),
            "at": pa.array(columns[3], pa.timestamp("us", tz="UTC")),
            "reference": columns[4],
        }
    )


def imported(*rows: tuple[int, str, float]) -> pa.Table:
    columns = list(zip(*rows, strict=True))
    return pa.table({"fan_id": columns[0], "topic": columns[1], "score": columns[2]})


def scores(fan_id: int) -> dict[str, float]:
    return {one.topic.slug: one.score for one in preferences_of(fan_id)}


def test_she_says_what_she_likes_and_why_is_told(fan: int) -> None:
    ensure_topics(["judo"])
    declare(fan, "judo", 0.9)
    (judo,) = preferences_of(fan)
    assert (judo.topic.slug, judo.score, judo.declared) == ("judo", 0.9, True)
    assert judo.reasons[0].text.startswith("because you told us on ")
    assert "2026" in judo.reasons[0].text


def test_an_unknown_topic_or_score_is_refused(fan: int) -> None:
    ensure_topics(["judo"])
    with pytest.raises(Refused, match="no topic 'jud'"):
        declare(fan, "jud", 1)
    with pytest.raises(Refused, match="write a number from 0"):
        declare(fan, "judo", 1.5)
    assert preferences_of(fan) == []


def test_clicks_teach_and_each_counts_once(fan: int) -> None:
    clicks = acts(
        (fan, "judo", "click", NOW, "1:0"), (fan, "judo", "click", NOW - timedelta(days=150), "2:0")
    )
    assert learn(clicks) == 2
    assert learn(clicks) == 0
    expected = learnt(mass([Evidence(0.22, NOW), Evidence(0.11, NOW)]), NOW)
    (judo,) = preferences_of(fan)
    assert judo.score == pytest.approx(expected, abs=1e-9)
    assert not judo.declared
    assert [round(reason.share, 3) for reason in judo.reasons] == [0.667, 0.333]
    assert judo.reasons[0].text.startswith("because you clicked on something about Judo on ")


def test_declared_wins_and_taken_back_the_learnt_counts_again(fan: int) -> None:
    learn(acts((fan, "judo", "click", NOW, "1:0")))
    declare(fan, "judo", 0.0)
    assert scores(fan) == {"judo": 0.0}
    learn(acts((fan, "judo", "click", NOW, "2:0")))
    assert scores(fan) == {"judo": 0.0}
    declare(fan, "judo", None)
    assert scores(fan)["judo"] == pytest.approx(learnt(2 * mass([Evidence(0.22, NOW)]), NOW), abs=1e-9)


def test_without_consent_clicks_teach_nothing(fan: int) -> None:
    other = create_fan(source="test", email="omar@example.org")
    assert learn(acts((other, "judo", "click", NOW, "1:0"), (fan, "judo", "click", NOW, "2:0"))) == 1
    assert preferences_of(other) == []
    assert learn(acts((other, "judo", "quiz", NOW, "1"))) == 1


@pytest.mark.django_db(transaction=True)  # events and revisions are those of committed work
def test_tracking_withdrawn_forgets_what_clicks_taught(fan: int) -> None:
    learn(acts((fan, "judo", "click", NOW, "1:0"), (fan, "judo", "quiz", NOW, "q1")))
    withdraw(fan, "tracking", source="test")
    settle()
    (judo,) = preferences_of(fan)
    assert [reason.source for reason in judo.reasons] == ["quiz"]
    assert judo.score == pytest.approx(0.30, abs=0.005)


def test_a_forgotten_reason_is_not_learnt_again(fan: int) -> None:
    learn(acts((fan, "judo", "click", NOW, "1:0"), (fan, "judo", "click", NOW, "2:0")))
    (judo,) = preferences_of(fan)
    for reason in judo.reasons:
        assert reason.id is not None
        forget_reason(fan, reason.id)
    assert preferences_of(fan) == []
    assert models.Preference.objects.get().score == 0
    assert learn(acts((fan, "judo", "click", NOW, "1:0"))) == 0
    assert preferences_of(fan) == []


def test_only_her_own_reasons_can_be_forgotten(fan: int) -> None:
    learn(acts((fan, "judo", "click", NOW, "1:0")))
    with pytest.raises(Refused, match="not there any more"):
        forget_reason(fan + 1, preferences_of(fan)[0].reasons[0].id or 0)


def test_an_import_declares_set_based_and_never_overrides_her(fan: int) -> None:
    other = tracked("omar@example.org")
    rows = imported(
        (fan, "Judo", 0.8), (other, "judo", 0.5), (other, "Beach Volleyball", 1.0), (fan, "judo", 0.1)
    )
    assert declare_imported(rows, source="club") == 3
    assert scores(fan) == {"judo": 0.8}  # the first row stays
    assert scores(other) == {"beach-volleyball": 1.0, "judo": 0.5}
    assert preferences_of(fan)[0].reasons[0].text.endswith("(club)")
    assert declare_imported(rows, source="club") == 0
    declare(fan, "judo", 0.2)
    declare(other, "judo", None)
    assert declare_imported(imported((fan, "judo", 0.9), (other, "judo", 0.9)), source="club") == 0
    assert scores(fan) == {"judo": 0.2}
    assert scores(other) == {"beach-volleyball": 1.0}
    assert declare_imported(imported((other, "beach-volleyball", 0.4)), source="shop") == 1


@pytest.mark.parametrize("score", [1.2, -0.1, float("nan"), None])
def test_an_import_with_an_impossible_score_is_refused(fan: int, score: float | None) -> None:
    table = pa.table({"fan_id": [fan], "topic": ["judo"], "score": pa.array([score], pa.float64())})
    with pytest.raises(Refused, match="write a number from 0"):
        declare_imported(table, source="club")
    assert models.Preference.objects.count() == 0


@pytest.mark.django_db(transaction=True)  # events and revisions are those of committed work
def test_learnt_fades_once_a_day_and_declared_does_not(fan: int, monkeypatch: pytest.MonkeyPatch) -> None:
    learn(acts((fan, "judo", "ticket", NOW, "1"), (fan, "golf", "ticket", NOW, "2")))
    declare(fan, "golf", 0.7)
    revs = dict(models.Preference.objects.values_list("topic__slug", "rev"))
    later(monkeypatch, 150)
    while fade():
        pass
    assert scores(fan)["golf"] == 0.7
    assert scores(fan)["judo"] == pytest.approx(
        learnt(mass([Evidence(WEIGHTS["ticket"] / 2, NOW)]), NOW), abs=1e-9
    )
    after = dict(models.Preference.objects.values_list("topic__slug", "rev"))
    assert after["judo"] > revs["judo"]
    assert after["golf"] == revs["golf"]
    assert fade() is False  # once a day
    later(monkeypatch, 150.2)
    assert fade() is False
    later(monkeypatch, 151)
    assert fade() is True


def test_what_has_faded_away_is_deleted(fan: int, monkeypatch: pytest.MonkeyPatch) -> None:
    learn(acts((fan, "judo", "click", NOW, "1:0"), (fan, "judo", "click", NOW + timedelta(days=100), "2:0")))
    later(monkeypatch, 8 * 150 + 1)
    while fade():
        pass
    assert list(models.Evidence.objects.values_list("reference", flat=True)) == ["2:0"]
    assert models.Preference.objects.get().mass == pytest.approx(
        mass([Evidence(0.22, NOW + timedelta(days=100))])
    )


@pytest.mark.django_db(transaction=True)  # events and revisions are those of committed work
def test_erasing_forgets(fan: int) -> None:
    learn(acts((fan, "judo", "click", NOW, "1:0")))
    declare(fan, "judo", 1.0)
    before = models.Preference.objects.get().rev
    erase_fan(fan)
    settle()
    assert preferences_of(fan) == []
    assert models.Evidence.objects.count() == 0
    row = models.Preference.objects.get()
    assert (row.declared, row.mass, row.score, row.declared_source) == (None, 0, 0, "")
    assert row.rev > before


def test_topics_have_kinds_and_names() -> None:
    ensure_topics([Topic("judo", "sport", {"en": "Judo", "ar": "الجودو"}), "kids"])
    ensure_topics(["judo"])
    assert models.Topic.objects.get(slug="judo").kind == "sport"
    save_topic(Topic("kids", "theme", {"fr": "Enfants"}))
    names = {row.slug: Topic(row.slug, row.kind, row.names) for row in models.Topic.objects.all()}
    assert names["judo"].name("ar") == "الجودو"
    assert names["judo"].name("fr") == "Judo"
    assert names["kids"].name("fr") == "Enfants"
    assert names["kids"].name("es") == "Kids"
    with pytest.raises(Refused, match="no kind of topic"):
        save_topic(Topic("x", "colour"))


act = st.tuples(st.sampled_from(["judo", "golf"]), st.integers(0, 900), st.integers(0, 6))


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(act, min_size=1, max_size=12), st.integers(1, 4))
def test_sql_and_rules_agree_in_any_order_and_any_cutting(
    fan: int, did: list[tuple[str, int, int]], size: int
) -> None:
    models.Evidence.objects.all().delete()
    models.Preference.objects.all().delete()
    known: dict[tuple[str, int], Evidence] = {}
    for start in range(0, len(did), size):
        part = did[start : start + size]
        learn(
            acts(
                *((fan, topic, "click", NOW - timedelta(days=days), str(name)) for topic, days, name in part)
            )
        )
        for topic, days, name in part:
            known.setdefault((topic, name), Evidence(0.22, NOW - timedelta(days=days)))
    for row in models.Preference.objects.select_related("topic"):
        pieces = [piece for (topic, _), piece in known.items() if topic == row.topic.slug]
        assert row.score == pytest.approx(learnt(mass(pieces), NOW), abs=1e-9)


@pytest.mark.django_db(transaction=True)  # events and revisions are those of committed work
def test_clicks_of_the_archive_teach(fan: int) -> None:
    """What delivery archived of a mailing, as it really lies there."""
    mailing_id = open_mailing(label="judo-week", purpose="newsletter", legal_class="marketing")
    register_links(
        mailing_id,
        [
            Link(0, "https://tickets.example.org/judo", "last-seats", "fr", ("judo", "Combat Sports")),
            Link(1, "https://example.org/practical", "practical", "fr"),
        ],
    )
    hits = [
        (1, fan, "click", 0, "person"),
        (1, fan, "click", 0, "person"),  # again
        (1, fan, "click", 0, "scanner"),
        (2, fan, "click", 1, "person"),  # about nothing
        (3, fan, "open", None, "person"),
        (None, None, "click", 0, "person"),  # somebody who isn't tracked
    ]
    message, who, kind, link, judged = zip(*hits, strict=True)
    count = len(hits)
    stored = archive.write(
        "hits/test.parquet",
        pa.table(
            {
                "hit_id": range(count),
                "message_id": pa.array(message, pa.int64()),
                "mailing_id": [mailing_id] * count,
                "label": ["judo-week"] * count,
                "fan_id": pa.array(who, pa.int64()),
                "kind": kind,
                "link": pa.array(link, pa.int32()),
                "class": judged,
                "at": pa.array([NOW] * count, pa.timestamp("us", tz="UTC")),
                "agent": [""] * count,
                "network": [""] * count,
            }
        ),
    )
    with transaction.atomic():
        file = HitFile.objects.create(
            path=stored.path, sha256=stored.sha256, hits=count, rule=1, loaded_at=NOW, position=1
        )
        announce(HitsArchived(file.pk))
    settle()
    assert set(scores(fan)) == {"judo", "combat-sports"}
    assert scores(fan)["judo"] == pytest.approx(0.20, abs=0.005)
    assert models.Evidence.objects.count() == 2
