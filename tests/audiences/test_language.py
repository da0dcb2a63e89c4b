"""What can be asked, what can't, and where the error points."""

from datetime import date

import pytest

from tests.audiences.world import WORDS
from tifo.audiences.rules.check import check
from tifo.audiences.rules.parse import read
from tifo.audiences.rules.render import write
from tifo.audiences.rules.tree import from_tree, to_tree
from tifo.audiences.types import (
    And,
    AudienceError,
    Clause,
    Day,
    Duration,
    Expression,
    Flag,
    Given,
    Listed,
    Not,
    Number,
    Or,
    Text,
)


def parse(text: str) -> Expression:
    return check(text, read(text), WORDS)


def test_a_question_becomes_a_tree() -> None:
    text = 'club.member and language in ("fr", "en")\n and (likes("judo") >= 0.6 or not holds_ticket(day: tomorrow))'
    root = parse(text).root
    assert isinstance(root, And)
    member, language, either = root.parts
    assert member == Clause("club.member")
    assert language == Clause("language", (), "in", Listed((Text("fr"), Text("en"))))
    assert isinstance(either, Or)
    assert either.parts[0] == Clause("likes", (Given("", Text("judo")),), ">=", Number(0.6), called=True)
    assert isinstance(either.parts[1], Not)
    assert write(root) == (
        'club.member and language in ("fr", "en") and (likes("judo") >= 0.6 or not holds_ticket(day: tomorrow))'
    )


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("visits = -2.50", Number(-2.5)),
        ("visits = 15", Number(15)),
        ("by_phone = false", Flag(False)),
        ("born = 2004-02-29", Day(date(2004, 2, 29))),
        ("joined >= 1 week ago", Duration(1, "weeks", ago=True)),
        ("joined >= 90   MINUTES AGO", Duration(90, "minutes", ago=True)),
        (r'country = "a\"b\\c\u00e9\n"', Text('a"b\\cé\n')),
        (r'country = "\ud83c\udfc5"', Text("🏅")),
    ],
)
def test_values(text: str, value: object) -> None:
    root = parse(text).root
    assert isinstance(root, Clause)
    assert root.value == value
    assert read(write(root)) == root


def test_keywords_may_be_written_in_capitals_and_names_may_begin_like_them() -> None:
    assert write(parse('language = "fr" AND NOT by_phone OR visits NOT IN (1,)').root) == (
        'language = "fr" and not by_phone or visits not in (1)'
    )
    assert read("android and nothing or inside") == Or(
        (And((Clause("android"), Clause("nothing"))), Clause("inside"))
    )


@pytest.mark.parametrize(
    ("text", "line", "column", "length", "says"),
    [
        ("", 1, 1, 1, "an empty question selects nobody; write everyone() to ask for all"),
        (" \n ", 1, 1, 1, "an empty question selects nobody"),
        ("langage = 1", 1, 1, 7, "langage is not a known word; did you mean language?"),
        ("everyone", 1, 1, 8, "write everyone()"),
        ("everyone() = 1", 1, 1, 14, "everyone() can't be compared"),
        ('language = "FR"', 1, 12, 4, 'language can\'t be "FR"; did you mean fr?'),
        ('language = "klingon"', 1, 12, 9, "known: ar, en, es, fr"),
        ("language = fr", 1, 12, 2, 'texts stand in double quotes: "fr"'),
        ("language = 'fr'", 1, 12, 1, 'texts stand in double quotes: "fr"'),
        ('language > "fr"', 1, 1, 15, "language can't be compared with >; use =, !=, in, not in"),
        ("language", 1, 1, 8, "language is not a yes-or-no word"),
        ('age >= "18"', 1, 8, 4, '"18" doesn\'t fit age; expected a number, such as 18'),
        ("age >= 18 years", 1, 8, 8, "years is no unit of time"),
        ("age >= ", 1, 7, 1, "the question ends too early"),
        ("age == 18", 1, 5, 2, "== is not a comparison here; write ="),
        ("club.member > 1", 1, 1, 15, "write club.member or not club.member"),
        ("club.member()", 1, 1, 13, "club.member takes no arguments"),
        ("holds_ticket and by_phone", 1, 1, 12, "holds_ticket needs its brackets"),
        ("consents()", 1, 1, 10, 'consents needs purpose; write consents("newsletter")'),
        ('consents("newsleter")', 1, 10, 11, "did you mean newsletter?"),
        ('holds_ticket(venu: "STA")', 1, 14, 11, "holds_ticket has no argument venu; did you mean venue?"),
        ('holds_ticket(venue: "STA", venue: "BER")', 1, 28, 12, "venue is given twice"),
        ('holds_ticket("STA", any, "x")', 1, 26, 3, "write the name before it"),
        ('holds_ticket(day: today, "STA")', 1, 26, 5, "this value stands after a named one"),
        ("holds_ticket(when: soon)", 1, 20, 4, "when can't be soon; known: any, past, upcoming"),
        ("holds_ticket(within: today)", 1, 14, 13, "within needs a length of time; such as 30 days"),
        ("tickets(within: 3 days ago) > 1", 1, 9, 18, "within needs a length of time"),
        ("holds_ticket(day: 6 hours ago)", 1, 19, 11, "count in days or weeks"),
        ("joined >= 30 days", 1, 11, 7, "write 30 days ago"),
        ("joined >= 2024-02-30", 1, 11, 10, "2024-02-30 is not in the calendar"),
        ("visits > 1234567890123456", 1, 10, 16, "more than 15 digits"),
        ("joined >= 999999 weeks ago", 1, 11, 12, "longer than a hundred years"),
        ('country = "a\nand by_phone', 1, 11, 15, "this text is not closed"),
        (r'country = "\x41"', 1, 11, 6, r"\x means nothing here"),
        (r'country = "\ud800"', 1, 11, 8, "half a sign"),
        (r'country = "\u0000"', 1, 11, 8, "number 0"),
        ("by_phone &\nage > 1", 1, 10, 1, "write and"),
        ("by_phone\nand age > x", 2, 11, 1, "line 2, column 11: x doesn't fit age"),
        ("by_phone and and by_phone", 1, 14, 3, "and has no place here"),
        ("(by_phone", 1, 10, 1, "the question ends too early"),
        ("by_phone)", 1, 9, 1, ") has no place here"),
        ("by_phone \x07", 1, 10, 1, "a sign that can't be seen"),
        ("1 < age", 1, 1, 1, "1 has no place here"),
    ],
)
def test_an_error_says_what_where_and_the_mend(
    text: str, line: int, column: int, length: int, says: str
) -> None:
    with pytest.raises(AudienceError) as caught:
        parse(text)
    error = caught.value
    assert says in str(error)
    assert (error.line, error.column, error.length) == (line, column, length)


def test_bounds() -> None:
    parse(" or ".join(["by_phone"] * 200))
    with pytest.raises(AudienceError, match="more than 200 clauses"):
        parse(" or ".join(["by_phone"] * 201))
    parse("not " * 49 + "by_phone")
    with pytest.raises(AudienceError, match="nested deeper than 50"):
        parse("not " * 50 + "by_phone")
    parse("by_phone" + " " * 9_992)
    with pytest.raises(AudienceError, match="more than 10,000"):
        parse("by_phone" + " " * 9_993)
    parse("(" * 4_990 + "by_phone" + ")" * 4_990)


def test_a_tree_is_the_same_question() -> None:
    text = (
        'everyone() and not consents("newsletter") and (joined >= 2024-07-27T18:30 or born in (today, 2004-02-29) '
        'or tickets(venue: ("STA", "BER"), within: 2 weeks, when: upcoming) >= 2 and by_phone = true)'
    )
    tree = to_tree(parse(text).root)
    assert from_tree(tree) == parse(text).root
    assert tree["all"][1] == {"not": {"word": "consents", "arguments": [{"name": "", "value": "newsletter"}]}}


@pytest.mark.parametrize(
    "tree",
    [
        None,
        {},
        [],
        {"all": []},
        {"word": 1},
        {"word": "age", "operator": "~", "value": 1},
        {"word": "age", "operator": "=", "value": None},
        {"word": "born", "operator": "=", "value": {"day": "soon"}},
        {"word": "tickets", "arguments": 5},
        {"word": "tickets", "arguments": ["venue"]},
    ],
)
def test_what_is_no_tree_is_refused(tree: object) -> None:
    with pytest.raises(AudienceError):
        from_tree(tree)


def test_a_tree_too_deep_is_refused() -> None:
    tree: dict[str, object] = {"word": "by_phone"}
    for _ in range(2_000):
        tree = {"not": tree}
    with pytest.raises(AudienceError, match="nested deeper"):
        from_tree(tree)
