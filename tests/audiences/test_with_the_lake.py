"""From the truth through the real lake, with the words that the contexts declare; and from the command line."""

import json

import pytest
from click.testing import CliRunner

from tifo.audiences import public
from tifo.audiences.cli import COMMANDS
from tifo.audiences.public import AudienceError
from tifo.fans.public import create_fan, erase_fan, join_club
from tifo.kernel.public import Refused
from tifo.lake.public import refresh

pytestmark = pytest.mark.django_db(transaction=True)


def make_fans() -> list[int]:
    ids = [
        create_fan(source="made", email="lea@example.org", language="fr", country="FR"),
        create_fan(source="made", email="sam@example.org", language="en", country="GB"),
        create_fan(source="made", email="gone@example.org", language="fr", country="FR"),
    ]
    join_club(ids[0])
    join_club(ids[2])
    erase_fan(ids[2])
    return ids


def run(*arguments: str) -> dict[str, object]:
    command, *rest = arguments
    result = CliRunner().invoke(COMMANDS[f"audiences {command}"], [*rest, "--json"], catch_exceptions=False)
    assert result.exit_code == 0
    answer: dict[str, object] = json.loads(result.stdout)
    return answer


def test_before_the_first_refresh_nobody_is_counted() -> None:
    with pytest.raises(Refused):
        public.count("everyone()")


def test_the_words_of_the_fans_answer_from_the_lake() -> None:
    lea, sam, _gone = make_fans()
    refresh()
    assert public.freeze("everyone()").fans.column("fan_id").to_pylist() == sorted([lea, sam])
    assert public.sample("club.member", 5) == [lea]
    assert public.sample('language != "fr" and reachable("email")', 5) == [sam]
    assert public.sample("joined >= today", 5) != []
    assert public.sizes("everyone()").by_channel == {"email": 2, "sms": 0, "none": 0}
    assert public.explain_fan("club.member", sam).reason.found is False


def test_every_declared_word_can_be_asked_explained_and_found_on_the_page() -> None:
    from tifo.audiences.rules.check import answer_kind, operators, possible
    from tifo.lake.public import Argument, Kind, Relation, words

    lea, _sam, _gone = make_fans()
    refresh()
    page = public.reference()
    literal = {Kind.NUMBER: "1", Kind.BOOL: "true", Kind.DATE: "today", Kind.MOMENT: "30 days ago"}

    def value(kind: Kind, values: object) -> str:
        return literal.get(kind) or json.dumps((possible(values) or ("x",))[0])

    for name, word in words().items():
        assert f"## `{name}" in page
        term = name
        if isinstance(word, Relation):
            given = [one for one in word.arguments if isinstance(one, Argument)]
            written = [
                f"{one.name}: {'30 days' if one.compare == 'within' else value(one.kind, one.values)}"
                for one in given
            ]
            term = f"{name}({', '.join(written)})"
        for operator in operators(word):
            right = value(answer_kind(word), getattr(word, "values", None))
            right = f"({right})" if operator in ("in", "not in") else right
            text = f"{term} {operator} {right}" if operator else term
            counted = public.count(text).count
            assert 0 <= counted <= 2
            assert public.explain_fan(text, lea).inside is (lea in public.sample(text, 5))
            assert public.explain(text)


def test_the_command_line() -> None:
    lea, _sam, _gone = make_fans()
    counted = run("count", "everyone()")
    assert counted["count"] == 2
    assert isinstance(counted["as_of"], str)
    assert run("sample", "club.member") == {"fans": [{"fan_id": lea, "language": "fr", "country": "FR"}]}
    explained = run("explain", "club.member and not club.member")
    assert explained["text"] == "club.member and not club.member"
    assert explained["tree"] == {"all": [{"word": "club.member"}, {"not": {"word": "club.member"}}]}
    why = run("explain", "club.member and joined >= 2 days ago", "--fan", str(lea))
    assert why["inside"] is True
    listed = run("words")["words"]
    assert isinstance(listed, list)
    assert "language" in {word["word"] for word in listed}
    page = CliRunner().invoke(COMMANDS["audiences words"], ["--markdown"], catch_exceptions=False)
    assert page.stdout == public.reference()
    with pytest.raises(AudienceError, match="column 1"):
        CliRunner().invoke(COMMANDS["audiences count"], ["langage"], catch_exceptions=False)
