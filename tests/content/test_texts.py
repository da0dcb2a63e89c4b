"""MJML and Markdown as communicators write them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.content.made import LOOK, combination, one_block, parts, personal
from tifo.content.rules.check import composition_problems
from tifo.content.rules.loom import Loom
from tifo.content.rules.pieces import Button, Picture, Sections, Words
from tifo.content.rules.render import render

GOOD = """<mj-section background-color="#f4f4f4">
  <mj-column width="60%"><mj-text font-size="20px">Hi {{ fan.first_name | "fan" }}, <a href="https://a.example.org/?x=1&amp;y=2">read</a> &amp; <b style="color:red">go</b></mj-text></mj-column>
  <mj-column><mj-image src="https://a.example.org/i.png" alt="The hall" /><mj-button href="https://a.example.org/go">Take a seat</mj-button></mj-column>
</mj-section>
<mj-text>Loose words</mj-text>
<mj-table><tr><td>1</td><td>{{ fan.country | "?" }}</td></tr></mj-table>"""


def test_good_mjml_is_woven_with_all_that_was_written() -> None:
    composition = one_block(GOOD, kind="mjml")
    assert composition_problems(composition) == []
    text, html = parts(
        Loom(composition, LOOK).weave(combination(blocks=("only",)), personal(first_name="Zoé"))
    )
    for part in (text, html):
        for words in ("Hi Zoé", "Take a seat", "Loose words", "The hall", "go"):
            assert words in part
    assert html.count("https://go.lumen.example.org/c/") == text.count("https://go.lumen.example.org/c/") == 2
    assert 'src="https://a.example.org/i.png"' in html
    assert "<mj-" not in html
    assert "1 | FR" in text


@pytest.mark.parametrize(
    ("source", "text", "mend"),
    [
        ("<mj-buton>x</mj-buton>", "<mj-buton> is not known here", "did you mean mj-button"),
        ("<mjml><mj-body></mj-body></mjml>", "<mjml> is not known here", "write only the sections"),
        ('<mj-raw><script src="x"></script></mj-raw>', "<mj-raw> is not known here", ""),
        ('<mj-include path="/etc/passwd" />', "<mj-include> is not known here", ""),
        ("<mj-section><mj-text>x</mj-text></mj-section>", "<mj-text> can't stand in <mj-section>", "<mj-column>"),
        ("<mj-text>x", "<mj-text> is not closed", "write </mj-text>"),
        ("<mj-text><b>x</mj-text>", "<b> is not closed", "write </b>"),
        ("<mj-text>x</mj-text></mj-column>", "</mj-column> closes nothing", "take it out"),
        ("words", "“words” stands outside a text", "<mj-text>"),
        ("<mj-text><script>x()</script></mj-text>", "<script> can't stand in a text", ""),
        ('<mj-text><a href="javascript:x">a</a></mj-text>', "is no full address", "https://"),
        ('<mj-text onclick="x">a</mj-text>', "<mj-text> has no “onclick”", "take it out"),
        ('<mj-text><p onclick="x">a</p></mj-text>', "<p> can't have “onclick”", "take it out"),
        ('<mj-text color="red;}">a</mj-text>', "can't be the color", "plain"),
        ('<mj-section background-color="url(x)"></mj-section>', "can't be the background-color", "plain"),
        ("<mj-button>go</mj-button>", "<mj-button> leads nowhere", "href"),
        ('<mj-button href="https://a.example.org/{{ fan.country | "x" }}">go</mj-button>', "merge tag stands in an address", "take the tag out"),
        ("<?php x ?>", "can't stand in a block", "take it out"),
    ],
)  # fmt: skip
def test_what_mrml_would_drop_is_named(source: str, text: str, mend: str) -> None:
    faults = render("mjml", source, False).faults
    assert any(text in fault.text and mend in fault.mend for fault in faults), faults


def test_a_fault_in_mjml_says_where() -> None:
    fault = render("mjml", "<mj-text>a</mj-text>\n  <mj-txt>b</mj-txt>", False).faults[0]
    assert (fault.line, fault.column) == (2, 3)


@settings(deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["<mj-text>", "</mj-text>", "<mj-section>", "</mj-section>", "<mj-column>", "</mj-column>", "<b>", "</b>",
             "<br>", "<br/>", "<mj-image src='https://a.example.org/i' alt='x'/>", "<script>", "</script>", "<!--", "-->",
             "<![CDATA[", "]]>", "<?", "&amp;", "&", "<", ">", '"', "'", "=", "x", " ", "\n", "<a href='https://b.example.org'>", "</a>",
             "<table>", "<tr>", "<td>", "</table>", "{{ fan.language }}", "<mj-button href='https://c.example.org'>", "</mj-button>"]
        ), max_size=20,
    ).map("".join)
)  # fmt: skip
def test_any_mjml_without_fault_is_woven_whole(source: str) -> None:
    composition = one_block(source, kind="mjml")
    if any(problem.level == "error" for problem in composition_problems(composition)):
        return
    text, html = parts(Loom(composition, LOOK).weave(combination(blocks=("only",)), personal()))
    assert "tifomark" not in text + html
    assert "<script" not in html
    assert "<mj-" not in html
    assert html.rstrip().endswith("</html>")
    assert "Unsubscribe" in html


def test_markdown_becomes_words_a_button_and_pictures() -> None:
    made = render(
        "markdown",
        "# Title\n\nWords with [a link](https://a.example.org/1).\n\n[Button](https://a.example.org/2)\n\n"
        "[no second button](https://a.example.org/3)\n\n![Hall](https://a.example.org/i.png)\n\n![](https://a.example.org/j.png)",
        False,
    )
    assert [type(piece) for piece in made.pieces] == [Words, Button, Words, Picture, Picture]
    assert made.urls == tuple(f"https://a.example.org/{n}" for n in (1, 2, 3))
    assert made.pictures_without_text == 1
    assert made.faults == ()


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("[a](javascript:alert)", "is no full address"),
        ("[a](/relative)", "is no full address"),
        ("[a](https://)", "is no full address"),
        ('[a](https://a.example.org/?n={{ fan.first_name | "x" }})', "a merge tag stands in an address"),
        ('![a](https://a.example.org/{{ fan.language }}.png)', "a merge tag stands in an address"),
        ("![a](data:image/png;base64,AAAA)", "is no full address"),
        ("<{{ fan.language }}>x", ""),
    ],
)  # fmt: skip
def test_addresses_are_whole_and_impersonal(source: str, text: str) -> None:
    faults = render("markdown", source, False).faults
    assert any(text in fault.text for fault in faults) or not text


@settings(deadline=None)
@given(st.text(alphabet=st.sampled_from("ab *_#[]()!<>`|-\n>&\"'\\~=:/.{}é م"), max_size=80))
def test_any_markdown_without_fault_is_woven_whole(source: str) -> None:
    composition = one_block(source)
    if any(problem.level == "error" for problem in composition_problems(composition)):
        return
    text, html = parts(Loom(composition, LOOK).weave(combination(blocks=("only",)), personal()))
    assert "tifomark" not in text + html
    assert "Unsubscribe" in html
    assert html.count("<body") == 1


def test_mjml_is_written_anew() -> None:
    made = render("mjml", "<MJ-TEXT>A &lt;b&gt;</MJ-TEXT>", False)
    assert made.pieces == (
        Sections(
            '<mj-section padding="24px 0"><mj-column><mj-text>A &lt;b&gt;</mj-text></mj-column></mj-section>'
        ),
    )
    assert made.text == "A <b>"
