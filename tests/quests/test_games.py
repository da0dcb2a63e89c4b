"""Memory and puzzle: judged here, with nothing in her page that gives the solution away."""

import re
from collections import Counter

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from tests.fanclub.world import joined
from tests.quests.world import simple
from tifo.kernel.public import Refused
from tifo.points.public import Balance, balances
from tifo.preferences.public import preferences_of
from tifo.quests.models import Game, Play
from tifo.quests.public import open_quest, quest_named, turn_card
from tifo.quests.queries import deal
from tifo.quests.rules import read_quest_file
from tifo.quests.rules.dealing import laid, letters, mixed, plain_word, turn

MEMORY = """topics: [judo]
pairs:
  - [{en: Judo}, {en: Ippon}]
  - [{en: Fencing}, {en: Touché}]
  - [{en: Tennis}, {en: Advantage}]
"""
pytestmark = pytest.mark.django_db
FACES = ("Judo", "Ippon", "Fencing", "Touché", "Tennis", "Advantage")
ORDER = "order: [{en: Athens}, {en: Paris}, {en: Tokyo}, {en: Rome}, {en: Seoul}]\n"
WORD = "word: {en: Javelin, fr: Javelot, ar: جودوكا}\n"
PLACE = "/quests/memory/"


def press(client: Client, place: int, step: int) -> None:
    sent = client.post(f"{PLACE}turn/", {"place": place, "step": step})
    assert (sent.status_code, sent["Location"]) == (302, f"{PLACE}#table")


def step_of(page: str) -> int:
    return int(re.findall(r'name="step" value="(\d+)"', page)[0])


def faces(page: str) -> set[str]:
    return {face for face in FACES if face in page}


def test_a_memory_shows_what_lies_open_and_no_more_and_counts_once_it_is_solved(client: Client) -> None:
    fan = joined(client, language="en")
    open_quest(simple("memory", MEMORY))
    page = client.get(PLACE).content.decode()
    assert (faces(page), page.count("Turn card")) == (set(), 6)
    assert not Play.objects.exists()
    press(client, 0, 0)
    game = Game.objects.get()
    mine = {place: FACES[card] for place, card in enumerate(game.deal)}
    assert faces(client.get(PLACE).content.decode()) == {mine[0]}
    partner = game.deal.index(game.deal[0] ^ 1)
    other = next(place for place in range(1, 6) if place != partner)
    press(client, other, 1)
    assert faces(client.get(PLACE).content.decode()) == {mine[0], mine[other]}
    press(client, other, 1)  # told twice
    press(client, 0, 2)
    page = client.get(PLACE).content.decode()
    assert (faces(page), step_of(page)) == ({mine[0]}, 3)
    client.post(f"{PLACE}answer/")
    assert balances([fan]) == {}  # not solved: nothing counts, and a new table is dealt
    assert Play.objects.get().state == "refused"
    step = 0
    for pair in range(3):
        press(client, 0 if step == 0 else -1, step)  # lays the table anew
        dealt = Game.objects.get()
        for place in (dealt.deal.index(2 * pair), dealt.deal.index(2 * pair + 1)):
            if place not in dealt.turned:
                press(client, place, Game.objects.get().steps)
        step = Game.objects.get().steps
    while (game := Game.objects.get()).found != [0, 1, 2, 3, 4, 5]:
        unseen = [place for place in range(6) if place not in game.found]
        if len(game.turned) == 1:
            press(client, game.deal.index(game.deal[game.turned[0]] ^ 1), game.steps)
        else:
            press(client, unseen[0], game.steps)
    assert "Let it count" in client.get(PLACE).content.decode()
    for _twice in range(2):
        client.post(f"{PLACE}answer/", {"learn": "yes"})
    assert balances([fan]) == {fan: Balance(7, 0)}
    assert [one.topic.slug for one in preferences_of(fan)] == ["judo"]
    open_quest(simple("puzzle", ORDER))
    with pytest.raises(Refused, match="no cards"):
        turn_card(fan, "puzzle", 0, 0)


def test_more_moves_than_count_are_dealt_anew(client: Client) -> None:
    fan = joined(client, language="en")
    open_quest(simple("memory", MEMORY + "moves: 3\ntries: 2\n"))
    for tried in (1, 2):
        turn_card(fan, "memory", 0, 0)
        Game.objects.update(found=[0, 1, 2, 3, 4, 5], turned=[], moves=4, steps=8)
        client.post(f"{PLACE}answer/")
        assert (Play.objects.get().state, Play.objects.get().tries) == ("refused", tried)
    assert "Too many moves" in client.get(PLACE).content.decode()
    with pytest.raises(Refused, match="You tried 2 times"):
        turn_card(fan, "memory", 0, 0)
    assert balances([fan]) == {}


def test_t7_looking_at_a_game_deals_nothing(client: Client) -> None:
    joined(client, language="en")
    open_quest(simple("memory", MEMORY))
    client.get(PLACE)
    client.get(f"{PLACE}turn/", {"place": 0, "step": 0})
    assert not Play.objects.exists()


def test_things_are_put_in_order_and_the_page_does_not_tell_it(client: Client) -> None:
    fan = joined(client, language="en")
    open_quest(simple("puzzle", ORDER))
    quest = quest_named("puzzle")
    assert quest is not None
    page = client.get("/quests/puzzle/").content.decode()
    listed = re.findall(r'for="p(\d)" class="lines-name">(\w+)<', page)
    things = ("Athens", "Paris", "Tokyo", "Rome", "Seoul")
    assert [name for _place, name in listed] == [things[thing] for thing in deal(fan, quest)]
    assert [name for _place, name in listed] != list(things)
    ranks = {f"p{place}": str(things.index(name) + 1) for place, name in listed}
    assert client.post("/quests/puzzle/answer/", {**ranks, "p0": ranks["p1"]}).status_code == 422
    assert not Play.objects.exists()
    wrong = {**ranks, "p0": ranks["p1"], "p1": ranks["p0"]}
    client.post("/quests/puzzle/answer/", wrong)
    assert "Not yet right" in client.get("/quests/puzzle/").content.decode()
    client.post("/quests/puzzle/answer/", ranks)
    assert balances([fan]) == {fan: Balance(7, 0)}
    assert Play.objects.get().tries == 2
    done = client.get("/quests/puzzle/").content.decode()
    assert re.findall(r"<li>(\w+)</li>", done) == list(things)


def test_a_word_is_found_from_its_letters_in_any_language(client: Client) -> None:
    fan = joined(client, language="en")
    open_quest(simple("puzzle", WORD.replace("Javelin", "Hammer")))
    open_quest(simple("puzzle", WORD))
    page = client.get("/quests/puzzle/").content.decode()
    assert "javelin" not in page.casefold()
    shown = re.findall(r'class="letters"[^>]*>([^<]+)<', page)[0]
    assert Counter(shown.replace(" ", "")) == Counter("JAVELIN")
    client.post("/quests/puzzle/answer/", {"word": "javelins"})
    assert balances([fan]) == {}
    client.post("/quests/puzzle/answer/", {"word": " jAvelot "})
    assert balances([fan]) == {fan: Balance(7, 0)}
    with pytest.raises(Refused, match="can’t change any more"):
        open_quest(simple("puzzle", WORD.replace("Javelin", "Hammer")))


@given(st.integers(2, 12), st.randoms(use_true_random=False))
def test_what_is_mixed_holds_the_same_and_never_lies_as_it_belongs(many: int, luck: object) -> None:
    keys = [luck.randbytes(8) for _ in range(many)]  # type: ignore[attr-defined]
    found = mixed(many, lambda number: keys[number])
    assert sorted(found) == list(range(many))
    assert list(found) != list(range(many))
    assert letters("aabb", lambda number: keys[number % many]).replace(" ", "") != "AABB"


@given(st.lists(st.tuples(st.integers(-1, 7), st.booleans()), max_size=60), st.permutations(range(8)))
def test_a_table_says_what_a_person_beside_it_says(taps: list[tuple[int, bool]], cards: list[int]) -> None:
    """The model: two cards on the table, pairs kept aside, a count of turned pairs."""
    table, up, kept, moves = laid(cards), list[int](), set[int](), 0
    for place, stale in taps:
        before = table
        table = turn(table, place, table.steps - 1 if stale else table.steps)
        if stale or not 0 <= place < 8 or place in kept or (len(up) == 1 and place in up):
            assert table == before
            continue
        up = [*up, place] if len(up) == 1 else [place]
        if len(up) == 2:
            moves += 1
            if cards[up[0]] // 2 == cards[up[1]] // 2:
                kept, up = kept | set(up), []
        assert (set(table.found), list(table.turned), table.moves) == (kept, up, moves)
    assert table.solved == (len(kept) == 8)


def test_a_word_is_compared_without_case_accents_and_spaces() -> None:
    assert plain_word(" Épée ") == plain_word("EPEE") == "epee"


@pytest.mark.parametrize(
    ("kind", "more", "says"),
    [
        ("memory", "", "needs `pairs`"),
        ("memory", "pairs: [[{en: A}, {en: B}]]", "line 7, column 8: there are 2 to 18 pairs"),
        ("memory", "pairs: [[{en: A}], [{en: B}, {en: C}]]", "line 7, column 9: a pair has two cards"),
        ("memory", MEMORY + "moves: 2", "nobody can do that"),
        ("memory", MEMORY + "tries: 21", "from 1 to 20"),
        ("memory", MEMORY.replace("{en: Judo}", "{en: ''}"), "1 to 60 signs"),
        ("puzzle", "", "`order` .* or `word`"),
        ("puzzle", ORDER + WORD, "one of them"),
        ("puzzle", "order: [{en: A}, {en: B}, {en: C}]", "line 7, column 8: `order` has 4 to 12"),
        ("puzzle", "word: {en: two words}", "one word of 4 to 40 letters"),
        ("puzzle", "word: {en: aaab}", "three different letters"),
        ("puzzle", WORD + "questions: []", "1 to 50"),
    ],
)
def test_a_wrong_file_is_refused_with_place_and_mend(kind: str, more: str, says: str) -> None:
    with pytest.raises(Refused, match=says):
        read_quest_file(simple(kind, more))
