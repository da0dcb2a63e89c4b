"""Count, sample, sizes, freeze, explain: what is answered about a small world."""

import hashlib
from typing import Any

import pytest

from tests.audiences.conftest import Reading
from tifo.audiences import public
from tifo.audiences.public import AudienceError

pytestmark = pytest.mark.usefixtures("small_world")


@pytest.mark.parametrize(
    ("text", "fans"),
    [
        ("everyone()", [1, 2, 3, 4, 6]),
        ("not everyone()", []),
        ('language = "fr"', [1, 2]),
        ('language != "fr"', [3, 6]),
        ('not language = "fr"', [3, 4, 6]),
        ('language not in ("fr", "ar")', [3]),
        ("language in ()", []),
        ("language not in ()", [1, 2, 3, 6]),
        ('consents("newsletter")', [1, 6]),
        ('not consents("newsletter")', [2, 3, 4]),
        ('likes("judo") >= 0.5', [1]),
        ('likes("judo") < 0.5', [2, 3, 4, 6]),
        ('likes_known("judo") < 0.5', [2]),
        ("holds_ticket()", [2]),
        ("tickets() = 0", [1, 3, 4, 6]),
        ("tickets() >= 2", [2]),
        ("venues_seen() = 2 or venues_seen() = 1", [1, 2]),
        ('reachable("sms")', [1, 3]),
        ("not reachable(sms) and reachable()", [2, 6]),
    ],
)
def test_who_is_in(text: str, fans: list[int]) -> None:
    assert public.freeze(text).fans.column("fan_id").to_pylist() == fans
    assert public.count(text).count == len(fans)
    assert sorted(public.sample(text, 10)) == fans
    for fan_id in range(1, 8):
        assert public.explain_fan(text, fan_id).inside is (fan_id in fans)


@pytest.mark.parametrize("text", ["", "   ", "lanugage = 1", 'language = "fr', "everyone", "()", "true"])
def test_s2_an_empty_or_failing_question_selects_nobody(text: str) -> None:
    for ask in (
        public.count,
        public.sizes,
        public.freeze,
        public.condition,
        public.explain,
        lambda text: public.sample(text, 3),
        lambda text: public.explain_fan(text, 1),
    ):
        with pytest.raises(AudienceError):
            ask(text)


def test_s2_a_lake_that_fails_selects_nobody(small_world: Reading) -> None:
    small_world.connection.execute("DROP TABLE consent")
    with pytest.raises(Exception, match="consent"):
        public.count('consents("newsletter")')
    with pytest.raises(Exception, match="consent"):
        public.freeze('not consents("newsletter")')


def test_count_says_as_of_when(small_world: Reading) -> None:
    assert public.count("everyone()") == public.count("everyone()", reader=small_world)
    assert public.count("everyone()").as_of == small_world.as_of


def test_a_sample_is_the_same_for_the_same_seed() -> None:
    assert public.sample("everyone()", 3) == public.sample("everyone()", 3)
    assert public.sample("everyone()", 0) == []
    orders = {tuple(public.sample("everyone()", 5, seed)) for seed in range(8)}
    assert len(orders) > 4
    assert {frozenset(order) for order in orders} == {frozenset({1, 2, 3, 4, 6})}
    assert {fan.fan_id: (fan.language, fan.country) for fan in public.sampled("everyone()", 5)}[2] == (
        "fr",
        "BE",
    )


def test_sizes_per_language_and_channel() -> None:
    sizes = public.sizes("everyone()")
    assert sizes.total == 5
    assert sizes.by_language == {"fr": 2, "en": 1, "ar": 1, None: 1}
    assert sizes.by_channel == {"email": 3, "sms": 2, "none": 1}


def test_a_frozen_audience_has_the_hash_of_its_set() -> None:
    frozen = public.freeze("everyone()")
    ids = b"".join(number.to_bytes(8, "little") for number in (1, 2, 3, 4, 6))
    assert frozen.hash == hashlib.sha256(ids).hexdigest() == public.hash_of([6, 4, 3, 2, 1])
    assert public.freeze('language = "fr" or not language = "fr"').hash == frozen.hash
    assert public.freeze('language = "fr"').hash != frozen.hash
    assert public.freeze("not everyone()").hash == hashlib.sha256(b"").hexdigest()
    assert public.hash_of(frozen.fans.column("fan_id").slice(1, 2)) == public.hash_of([3, 2])


def test_conditions_share_parameters_without_crossing(small_world: Reading) -> None:
    one = public.condition('language = "fr"', "f")
    other = public.condition('country = "FR" or language = "fr"', "f")
    rows = small_world.sql(
        f"SELECT fan_id, CASE WHEN {one.sql} THEN 'a' WHEN {other.sql} THEN 'b' WHEN NOT ({other.sql}) THEN 'c' END AS x"
        " FROM fan AS f ORDER BY fan_id",
        one.params | other.params,
    ).to_pylist()
    assert [row["x"] for row in rows] == ["a", "a", "c", "c", "c", "c"]
    assert set(one.params) < set(other.params)


def test_why_a_fan_is_in_or_out() -> None:
    text = 'consents("newsletter") and (likes("judo") >= 0.5 or not language = "fr")'
    why = public.explain_fan(text, 1)
    assert why.inside
    consents, either = why.reason.parts
    assert (consents.text, consents.holds, consents.found) == ('consents("newsletter")', True, True)
    assert [(part.holds, part.found) for part in either.parts] == [(True, 0.75), (False, None)]
    assert either.parts[1].parts[0].found == "fr"
    assert not public.explain_fan(text, 2).inside
    erased = public.explain_fan(text, 5)
    assert (erased.inside, erased.reason.holds) == (False, True)
    assert erased.note == "This fan is erased, and in no audience."
    assert public.explain_fan(text, 99).note == "This fan is not in the lake yet."


def test_a_question_in_words() -> None:
    text = (
        'club.member and language in ("fr", "en") and not (holds_ticket(when: upcoming, venue: "STA") or tickets()) '
        'and (joined >= 30 days ago or not consents("newsletter")) and tickets(within: 2 weeks) = 0'
    )
    assert public.explain(text).splitlines() == [
        "Fans for whom all of this holds:",
        "- member of the club",
        "- language is “fr” or “en”",
        "- none of these:",
        "  - holds a ticket (“STA”, upcoming)",
        "  - tickets held: at least one",
        "- at least one of these:",
        "  - day of joining is on or after 30 days ago",
        "  - not: agrees to (“newsletter”)",
        "- tickets held (within the last 2 weeks) is 0",
    ]
    assert public.explain("everyone()") == "All fans"


def test_text_and_tree_give_the_same_question() -> None:
    text = 'club.member and likes("judo") >= 0.6'
    expression = public.parse(text)
    assert public.render(public.from_tree(public.to_tree(expression))) == text
    wrong: dict[str, Any] = {"word": "langage", "operator": "=", "value": "fr"}
    with pytest.raises(AudienceError, match="did you mean language"):
        public.from_tree(wrong)
