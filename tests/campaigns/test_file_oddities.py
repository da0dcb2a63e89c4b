"""What YAML would make of a file is not what a communicator meant: she is read as she wrote, or told where not."""

import pytest

from tests.campaigns.made import FILE
from tifo.campaigns.public import CampaignFileError, read_campaign_file

TEXT = FILE.lstrip("\n")
SAME = read_campaign_file(TEXT)


@pytest.mark.parametrize(
    "text",
    [
        TEXT.replace("\n", "\r\n"),
        TEXT.replace("\n", "\r"),
        "\ufeff" + TEXT,
        "%YAML 1.1\n---\n" + TEXT,
        "# a remark\n" + TEXT + "\n\n# another\n",
        TEXT.replace("welcome: {", "welcome: {topics: [], "),
    ],
    ids=["windows", "old mac", "byte order mark", "directive", "remarks", "empty list"],
)
def test_the_same_file_from_another_editor(text: str) -> None:
    assert read_campaign_file(text) == SAME


@pytest.mark.parametrize(
    "written", ["no", "yes", "on", "2027", "1_000", "2027-07-28", "0x1F", "1e3", ".inf", "=", "12:30:45"]
)
def test_a_text_stays_as_it_was_written(written: str) -> None:
    """YAML 1.1 takes these for a truth, a number, a date or a time of day."""
    made = read_campaign_file(TEXT.replace("'Edition 1'", written))
    assert made.composition.subject["en"] == written


def test_norwegian_is_a_language() -> None:
    """`no:` is a truth value in YAML 1.1."""
    made = read_campaign_file(TEXT.replace("fr: 'Num", "no: 'Num"))
    assert made.composition.subject["no"] == "Numéro 1"


ODD = {
    "merge key in a block": ("welcome: {", "welcome: {<<: {when: x}, ", 9, 13, "`<<`"),
    "merge key in the file": ("purpose: newsletter", "<<: {purpose: research}", 2, 1, "`<<`"),
    "a list as a key": ("fr: 'Num", "[fr]: 'Num", 5, 28, "a key must be a word"),
    "a mapping as a key": ("purpose: newsletter", "{a: b}: c", 2, 1, "a key must be a word"),
    "nothing as a key": ("purpose: newsletter", "~: c", 2, 1, "`~`"),
    "a number as a language": ("fr: 'Num", "12: 'Num", 5, 28, "not a language code"),
    "nothing as a text": ("'Edition 1'", "~", 5, 15, "must be a text"),
    "a text left out": ("'Edition 1'", "", 5, 14, "must be a text"),
    "a question left out": ("welcome: {", "welcome: {when: , ", 9, 18, "must be a text"),
    "an alias": ("blocks: [welcome]", "blocks: [*a]", 7, 28, "alias"),
    "a slot twice": ("  - {slot: trunk,", "  - {slot: trunk, blocks: [welcome]}\n  - {slot: trunk,", 8, 5, "twice"),
    "a block twice in a slot": ("[welcome]", "[welcome, welcome]", 7, 37, "twice"),
    "a slot without a block": ("[welcome]", "[]", 7, 27, "needs a block"),
    "a slot that is a word": ("{slot: trunk, blocks: [welcome]}", "trunk", 7, 5, "a slot must be"),
    "a word for a list": ("[welcome]", "welcome", 7, 27, "must be a list"),
    "a bell": ("Edition 1", "Edi\x07tion", 5, 19, "it holds the sign 0x0007"),
    "a tab before a key": ("  - {slot", "\t- {slot", 7, 1, "not readable YAML"),
    "a quote that never ends": ("'Edition 1'", "'Edition 1", 5, 32, "not readable YAML"),
}  # fmt: skip


@pytest.mark.parametrize("name", ODD)
def test_what_can_mean_nothing_is_named_with_its_place(name: str) -> None:
    wrong, right, line, column, words = ODD[name]
    assert wrong in TEXT
    with pytest.raises(CampaignFileError) as error:
        read_campaign_file(TEXT.replace(wrong, right, 1))
    assert (error.value.line, error.value.column) == (line, column)
    assert words in error.value.problem
    assert "Node(" not in error.value.problem
