import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tifo.content.rules.tags import LONGEST_TEXT, TAGS, TagUse, split


def test_pieces_keep_their_order() -> None:
    pieces, faults = split('Hi {{ fan.first_name | "dear fan" }}, see {{fan.language}}.', per_ticket=False)
    assert pieces == ["Hi ", TagUse("fan.first_name", "dear fan"), ", see ", TagUse("fan.language", ""), "."]
    assert faults == []


@pytest.mark.parametrize(
    ("source", "text", "mend"),
    [
        (
            "a\n{{ fan.frist_name | 'x' }}",
            "unknown merge tag “fan.frist_name”",
            "did you mean fan.first_name",
        ),
        (
            "{{ fan.first_name }}",
            "“fan.first_name” can be empty and has no fall-back",
            'write {{ fan.first_name | "…" }}',
        ),
        ('{{ fan.first_name | "" }}', "“fan.first_name” can be empty and has no fall-back", "write"),
        (
            "{{ session.sport }}",
            "“session.sport” is known only in a block repeated per ticket",
            "repeat: tickets",
        ),
        ("{{ fan.first_name", "“{{” is not closed", "write }}"),
        ("fan.first_name }}", "“}}” closes nothing", "write {{"),
        ("{% if fan %}", "“{%” opens nothing here", "no template language"),
        ("{{ fan.first_name|upper }}", "is no merge tag", "a fall-back in straight quotes"),
        ("{{ fan.first_name | “fan” }}", "is no merge tag", "straight quotes"),
        ("{{ fan.__class__ }}", "unknown merge tag “fan.__class__”", ""),
        (
            "{{ settings.SECRET_KEY }}",
            "unknown merge tag “settings.SECRET_KEY”",
            "the tags are fan.first_name",
        ),
    ],
)
def test_a_fault_says_what_and_the_mend(source: str, text: str, mend: str) -> None:
    _pieces, faults = split(source, per_ticket=False)
    assert len(faults) == 1
    assert text in faults[0].text
    assert mend in faults[0].mend


def test_a_fault_says_where() -> None:
    _pieces, faults = split("one\ntwo {{ nothing }}", per_ticket=False)
    assert (faults[0].line, faults[0].column) == (2, 5)


def test_ticket_tags_are_known_per_ticket() -> None:
    for name, tag in TAGS.items():
        source = f'{{{{ {name} | "x" }}}}'
        assert split(source, per_ticket=True) == ([TagUse(name, "x")], [])
        assert bool(split(source, per_ticket=False)[1]) is tag.per_ticket


def test_a_text_has_an_end() -> None:
    pieces, faults = split("x" * (LONGEST_TEXT + 1), per_ticket=False)
    assert pieces == []
    assert len(faults) == 1


_GRAMMAR = st.lists(
    st.sampled_from(
        ["{{", "}}", "{%", "{#", "|", '"', "'", " ", "\n", "fan", ".", "first_name", "__class__", "session",
         "ticket.gate", "(", ")", "[0]", "x", "é", "{", "}", "tifomark7x0q", "$", "\\"]
    ),
    max_size=25,
).map("".join)  # fmt: skip


@settings(deadline=None)
@given(source=_GRAMMAR, per_ticket=st.booleans())
def test_only_the_closed_list_comes_through(source: str, per_ticket: bool) -> None:
    """S8: whatever is typed, what comes out is literal text or a tag of the list, or it is a fault."""
    pieces, faults = split(source, per_ticket=per_ticket)
    for piece in pieces:
        if isinstance(piece, TagUse):
            assert piece.name in TAGS
            assert per_ticket or not TAGS[piece.name].per_ticket
            assert piece.fallback or not TAGS[piece.name].empty
        else:
            assert "{{" not in piece
            assert "}}" not in piece
    if not faults:
        assert "tifomark7x" not in source
