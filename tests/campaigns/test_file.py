"""The campaign file: what is written is read back the same, and every mistake is named with its place."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.campaigns.made import FILE
from tifo.campaigns.public import (
    CampaignDefinition,
    CampaignFileError,
    read_campaign_file,
    write_campaign_file,
)
from tifo.content.public import Block, Composition, Slot
from tifo.kernel.public import Refused

NAMES = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,12}[a-z0-9])?", fullmatch=True)
LANGUAGES = st.sampled_from(["en", "fr", "es", "ar", "pt-BR", "no", "zh-Hant"])
SIGNS = st.characters(exclude_categories=["Cs"])
TEXTS = st.text(SIGNS, max_size=30) | st.text("a \n\t:#'\"|>-{}[]&*!%@`é\u2028\u200f\U0001f3c5", max_size=30)
SPOKEN = st.dictionaries(LANGUAGES, TEXTS, min_size=1, max_size=3)


@st.composite
def blocks(draw: st.DrawFn, name: str) -> Block:
    return Block(
        name=name,
        kind=draw(st.sampled_from(["markdown", "mjml"])),
        texts=draw(SPOKEN),
        when=draw(st.none() | TEXTS),
        topics=tuple(draw(st.lists(NAMES, max_size=2))),
        fallback=draw(st.none() | LANGUAGES),
    )


@st.composite
def definitions(draw: st.DrawFn) -> CampaignDefinition:
    subject = draw(SPOKEN)
    names = draw(st.lists(NAMES, min_size=1, max_size=4, unique=True))
    slots = st.builds(
        Slot,
        name=NAMES,
        candidates=st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True).map(tuple),
        repeat=st.sampled_from([None, "tickets"]),
        ranked=st.booleans(),
    )
    return CampaignDefinition(
        name=draw(NAMES),
        purpose=draw(NAMES),
        audience=draw(TEXTS),
        composition=Composition(
            subject=subject,
            slots=tuple(draw(st.lists(slots, min_size=1, max_size=3, unique_by=lambda slot: slot.name))),
            blocks=tuple(draw(blocks(name)) for name in names),
            fallback=draw(st.sampled_from(sorted(subject))),
            preheader=draw(st.just({}) | SPOKEN),
        ),
    )


@settings(deadline=None, max_examples=80)
@given(definitions())
def test_what_is_written_is_read_back_the_same(definition: CampaignDefinition) -> None:
    text = write_campaign_file(definition)
    assert read_campaign_file(text) == definition
    assert write_campaign_file(read_campaign_file(text)) == text


@settings(deadline=None, max_examples=80)
@given(st.text(SIGNS, max_size=200), st.integers(0, len(FILE)), st.integers(0, 60))
def test_no_text_breaks_the_reader(inserted: str, place: int, taken_out: int) -> None:
    for text in (inserted, FILE[:place] + inserted + FILE[place + taken_out :]):
        refused = _refusal(text)
        assert refused is None or str(refused)
        if isinstance(refused, CampaignFileError):
            assert 1 <= refused.line <= len(text.splitlines()) + 2
            assert refused.column >= 1


def _refusal(text: str) -> Refused | None:
    try:
        read_campaign_file(text)
    except Refused as refused:
        return refused
    return None


def _placed(text: str) -> tuple[int, int, str]:
    with pytest.raises(CampaignFileError) as error:
        read_campaign_file(text.lstrip("\n"))
    assert str(error.value).startswith(f"line {error.value.line}, column {error.value.column}: ")
    return error.value.line, error.value.column, error.value.problem


@pytest.mark.parametrize(
    ("wrong", "right", "line", "column", "words"),
    [
        ("blocks: [welcome]", "blocks: [welcome, farewell]", 7, 37, "there is no block 'farewell'"),
        ("blocks: [welcome]", "blocks: [welcom]", 7, 28, "did you mean `welcome`?"),
        ("fallback: en", "fallback: de", 3, 11, "no text in the fall-back language 'de'"),
        ("purpose: newsletter", "purpose: newsletter\npurpose: research", 3, 1, "stands here twice"),
        ("subject: {en:", "subject: {fr: 'a', en:", 5, 37, "twice"),
        ("slot: trunk,", "slot: trunk, repeat: sessions,", 7, 27, "can repeat `tickets`"),
        ("slot: trunk,", "slot: trunk, ranked: perhaps,", 7, 27, "true or false"),
        ("welcome: {markdown:", "welcome: {whn: 'x', markdown:", 9, 13, "did you mean `when`?"),
        ("welcome: {markdown:", "welcome: {text:", 9, 13, "has no `text`"),
        ("subject: {en:", "subject: {english:", 5, 11, "not a language code"),
        ("the-week", "The Week", 1, 11, "small letters"),
        ("audience: 'everyone()'", "audience: [everyone]", 4, 11, "must be a text"),
    ],
)
def test_a_mistake_is_named_with_its_place(
    wrong: str, right: str, line: int, column: int, words: str
) -> None:
    assert wrong in FILE
    found = _placed(FILE.replace(wrong, right, 1))
    assert found[:2] == (line, column)
    assert words in found[2]


@pytest.mark.parametrize(
    "field", ["campaign", "purpose", "fallback", "audience", "subject", "slots", "blocks"]
)
def test_what_is_needed_is_asked_for(field: str) -> None:
    lines = FILE.strip().split("\n")
    left, skipping = [], False
    for line in lines:
        skipping = line.startswith(f"{field}:") or (skipping and line.startswith(" "))
        if not skipping:
            left.append(line)
    assert f"`{field}`" in _placed("\n".join(left))[2]
