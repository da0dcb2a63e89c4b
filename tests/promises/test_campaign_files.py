"""A campaign file that is wrong is refused with the place of the mistake and the mend; none breaks the reader."""

import pytest

from tifo.campaigns.public import read_campaign_file
from tifo.kernel.public import Refused

GOOD = """campaign: week
purpose: newsletter
fallback: en
audience: 'everyone()'
subject: {en: 'Your week', fr: 'Ta semaine'}
slots:
  - {slot: trunk, blocks: [welcome]}
blocks:
  welcome: {markdown: {en: "Hi", fr: "Salut"}}
"""
BOMB = "\n".join(
    [
        "a: &a [x, x, x, x, x, x, x, x, x]",
        *(f"{b}: &{b} [*{a}, *{a}, *{a}]" for a, b in zip("abcdefgh", "bcdefghi", strict=True)),
    ]
)

WRONG = {
    "empty": ("", "begin it with"),
    "a text": ("hello", "line 1, column 1"),
    "a list": ("- a\n- b\n", "line 1, column 1"),
    "an alias": (GOOD.replace("[welcome]", "&a [*a]"), "alias"),
    "a bomb": (BOMB, "alias"),
    "tabs": (GOOD.replace("  - {slot", "\t- {slot"), "line 7, column 1"),
    "a key twice": (GOOD + "fallback: fr\n", "line 10, column 1: `fallback` stands here twice"),
    "a block twice": (GOOD + "  welcome: {markdown: {en: x}}\n", "line 10, column 3"),
    "an unknown key": (GOOD + "send_at: now\n", "line 10, column 1: a campaign file has no `send_at`"),
    "a Python object": (GOOD + "x: !!python/object/apply:os.system [ls]\n", "line 10, column 1"),
    "an unknown block": (GOOD.replace("[welcome]", "[welcme]"), "line 7, column 28: there is no block 'welcme'"),
    "a number for a mapping": (GOOD.replace('{markdown: {en: "Hi", fr: "Salut"}}', "5"), "line 9, column 12"),
    "a path for a name": (GOOD.replace("week", "../../etc/passwd", 1), "line 1, column 11"),
    "no name": (GOOD.replace("week", "", 1), "line 1, column 10"),
    "two documents": (GOOD + "---\n" + GOOD, "line 10, column 1"),
    "ten megabytes": (GOOD + "#" + "x" * 10_000_000, "over 2,000,000 characters"),
    "brackets without end": ("a: " + "[" * 5_000, "line 1, column 23: this is nested deeper"),
    "dashes without end": ("- " * 5_000, "line 1, column 41: this is nested deeper"),
    "levels without end": ("\n".join(" " * level + "a:" for level in range(900)), "line 21, column 21: this is nested"),
    "half a character": (GOOD.replace('"Hi"', '"Hi \\ud800"'), "line 9, column 28"),
    "a NUL": (GOOD.replace("Hi", "H\0i"), "not readable YAML"),
}  # fmt: skip


def test_the_good_one_is_read() -> None:
    assert read_campaign_file(GOOD).name == "week"


@pytest.mark.parametrize("name", WRONG)
def test_each_mistake_is_refused_with_its_place(name: str) -> None:
    text, words = WRONG[name]
    with pytest.raises(Refused) as refused:
        read_campaign_file(text)
    assert words in str(refused.value)
    assert len(str(refused.value)) < 400
