import re
import time
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.content.made import (
    ALL,
    COMPOSITION,
    LEAVE,
    LOOK,
    NAME,
    TOKEN,
    Held,
    combination,
    one_block,
    parsed,
    parts,
    personal,
)
from tifo.content.rules.compose import links
from tifo.content.rules.loom import Loom
from tifo.content.rules.quoted import LONGEST_VALUE, harmless, header_words, quoted
from tifo.content.types import Combination

LOOM = Loom(COMPOSITION, LOOK)
HREF = re.compile(r'href="([^"]+)"')
BRACKETED = re.compile(r"<(https?://[^>]+)>")
ODD = st.text(
    alphabet=st.one_of(
        st.characters(),
        st.sampled_from(
            "\r\n\t\0\x1b\x7f\u202e\u2066\u2069\u200f\u200d\u200b\ufeff\u2028=?<>&\"'@.,;:{}%|لéß한🏅F-"
        ),
    ),
    max_size=120,
)


def test_headers_are_exactly_these() -> None:
    message = parsed(LOOM.weave(combination(), personal()))
    assert message.keys() == ["Subject", "MIME-Version", "Content-Type", "Content-Language"]
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert [part.keys() for part in message.iter_parts()] == [
        ["Content-Type", "Content-Transfer-Encoding"]
    ] * 2
    assert message.defects == []
    assert message["subject"] == "Your week, Anna"


@given(first=ODD, gate=ODD, country=ODD, language=st.sampled_from(["en", "fr", "ar", "de"]))
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@example(first="a\r\nBcc: x@example.org", gate="\r\n.\r\n", country="=?utf-8?q?x?=", language="fr")
@example(first="{{ fan.last_name }}", gate="tifomark7x0q", country="</div>-->", language="en")
def test_any_name_leaves_the_message_whole(first: str, gate: str, country: str, language: str) -> None:
    """H1, H3, H5, S8: exact headers, both parts, the same links, no tag left, no long line, nothing forged."""
    tickets = (Held(gate=gate), Held(ref="R-2", seat="", row=""))
    woven = LOOM.weave(combination(language), personal(first_name=first, country=country, tickets=tickets))
    raw = woven.subject + b"\r\n" + woven.content
    assert raw.isascii()
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n", raw)
    assert woven.wire_safe  # what it vouches for: the line above, and
    assert not re.search(rb"^\.", woven.content, re.MULTILINE)
    assert all(len(line) <= 98 for line in raw.split(b"\r\n"))
    assert all(len(word) <= 75 for word in re.findall(rb"=\?[^ ]+\?=", woven.subject))
    message = parsed(woven)
    assert message.keys() == ["Subject", "MIME-Version", "Content-Type", "Content-Language"]
    assert message.defects == []
    text, html = parts(woven)
    clean = harmless(first) or "fan"
    shown = clean if first.strip() else None
    if shown and language == "en":
        assert message["subject"] == " ".join(f"Your week, {clean}".split())
        assert f"Hello {clean}" in text.replace("\u2068", "").replace("\u2069", "")
    hrefs, bracketed = HREF.findall(html), set(BRACKETED.findall(text)) & set(HREF.findall(html))
    assert set(hrefs) == bracketed
    if not set("{}") & set(first + gate + country):
        assert "{{" not in html + text
    if "tifomark" not in first + gate + country:
        assert "tifomark" not in html + text
        assert "tifofence" not in html + text
    assert html.count("<html") == 1
    assert "googleapis" not in html


@settings(deadline=None)
@given(text=ODD, first=st.integers(40, 70))
def test_header_words_come_back(text: str, first: int) -> None:
    clean = harmless(text)
    words = header_words(clean, first=first)
    lines = words.split(b"\r\n")
    assert all(line.startswith(b" ") and line.strip() for line in lines[1:])
    assert all(len(line) <= 76 for line in lines)
    assert str(parsed(replace_subject(words))["subject"]) == " ".join(clean.split())


def replace_subject(words: bytes):
    from tifo.content.types import Woven

    return Woven(words, b"\r\n")


@settings(deadline=None)
@given(text=st.text(alphabet=st.characters(exclude_categories=("Cs",)), max_size=400))
def test_quoted_comes_back(text: str) -> None:
    import quopri

    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    encoded = quoted(text)
    assert quopri.decodestring(encoded.replace(b"\r\n", b"\n")).decode() == plain
    assert all(len(line) <= 76 for line in encoded.split(b"\r\n"))
    assert not any(line.startswith((b".", b"From ")) for line in encoded.split(b"\r\n"))


@settings(deadline=None)
@given(text=ODD)
def test_harmless_is_idempotent_and_bounded(text: str) -> None:
    once = harmless(text)
    assert harmless(once) == once
    assert len(once) <= LONGEST_VALUE
    assert not set("\r\n\t\0\u202e\u2066\u200f") & set(once)


@pytest.mark.parametrize(
    "name", ["ليلى", "Zoë", "李小龙", "👩‍👧", "Аnna", "O’Neill", "א\u200bב", "J. “Jo” Smith"]
)
def test_names_survive(name: str) -> None:
    woven = LOOM.weave(combination(), personal(first_name=name))
    text, html = parts(woven)
    assert parsed(woven)["subject"] == f"Your week, {name}"
    assert name in text
    assert name in html


def test_the_same_key_gives_the_same_bytes() -> None:
    """M15, also from a loom of another process."""
    again = Loom(COMPOSITION, LOOK)
    fan = personal(first_name="Zoé", tickets=2)
    for language in ("en", "fr", "ar"):
        woven = LOOM.weave(combination(language), fan)
        assert woven == LOOM.weave(combination(language), fan) == again.weave(combination(language), fan)
    assert LOOM.weave(combination("en"), fan) != LOOM.weave(combination("fr"), fan)


def test_a_tile_per_ticket_and_none_without() -> None:
    tickets = (
        Held(ref="R-1", code="AAA01", sport="Judo"),
        Held(ref="R-2", code="BBB02", sport="Surfing", timezone="Pacific/Tahiti", gate=""),
    )
    text, html = parts(LOOM.weave(combination(), personal(tickets=tickets)))
    for part in (text, html):
        assert part.index("AAA01") < part.index("BBB02")
        assert part.count("AAA01") == part.count("BBB02") == 1
    assert "Judo, Champ-de-Mars Arena, Sunday, July 28, 2024, 4:00 PM, gate C" in text
    assert "Sunday, July 28, 2024, 4:00 AM, gate see your ticket" in text
    assert "local time in Tahiti" in text
    text, html = parts(LOOM.weave(combination(), personal(tickets=0)))
    assert "Champ-de-Mars" not in text + html
    assert "Last seats" in text


def test_moments_follow_the_language() -> None:
    text, _html = parts(LOOM.weave(combination("fr"), personal()))
    assert "dimanche 28 juillet 2024, 16:00 jusqu’à dimanche 28 juillet 2024, 19:00, porte C" in text
    assert "heure locale à Paris" in text


def test_a_language_is_served_by_the_fall_back() -> None:
    text, html = parts(LOOM.weave(combination("fr"), personal()))
    assert "Bonjour Anna" in text
    assert "Last seats" in text  # has English only
    assert '<div lang="en" dir="ltr">' in html
    text, html = parts(LOOM.weave(combination("de"), personal()))
    assert "Hello Anna" in text
    assert "Unsubscribe" in text


def test_arabic_reads_from_right_to_left() -> None:
    _text, html = parts(LOOM.weave(combination("ar"), personal()))
    assert '<html lang="ar" dir="rtl"' in html
    assert "إلغاء الاشتراك" in html
    assert "text-align:right" in html


def test_links_are_tracked_by_their_number() -> None:
    known = {(link.block, link.language, link.url): link.index for link in links(COMPOSITION)}
    assert [link.index for link in links(COMPOSITION)] == list(range(len(known)))
    text, html = parts(LOOM.weave(combination(), personal()))
    number = known["welcome", "en", "https://games.example.org/p?a=1&b=2"]
    assert f"<{LOOK.track_url}/c/{TOKEN}/{number}>" in text
    assert f'href="{LOOK.track_url}/c/{TOKEN}/{number}"' in html
    assert "games.example.org" not in text + html
    assert f"{LOOK.track_url}/u/{LEAVE}" in text
    assert f"{LOOK.public_url}/preferences/?t={LEAVE}" in text
    assert links(COMPOSITION)[-1].topics == ()
    assert [link.topics for link in links(COMPOSITION) if link.block == "seats"] == [("judo",)]


def test_the_pixel_is_there_only_when_asked_for() -> None:
    _text, html = parts(LOOM.weave(combination(), personal(pixel=True)))
    assert html.count(f"{LOOK.track_url}/o/{TOKEN}.gif") == 1
    _text, html = parts(LOOM.weave(combination(), personal(pixel=False)))
    assert ".gif" not in html


def test_untracked_links_lead_straight_on() -> None:
    direct = Loom(COMPOSITION, replace(LOOK, track_url=""))
    text, html = parts(direct.weave(combination(), personal()))
    assert "<https://games.example.org/p?a=1&b=2>" in text
    assert 'href="https://games.example.org/p?a=1&amp;b=2"' in html
    assert "/o/" not in html


def test_empty_slots_leave_no_tile() -> None:
    full = parts(LOOM.weave(combination(), personal(tickets=0)))[1]
    some = parts(LOOM.weave(combination(blocks=("welcome", None, "mine")), personal(tickets=0)))[1]
    assert full.count('class="tile"') == 2
    assert some.count('class="tile"') == 1
    nothing = parts(LOOM.weave(combination(blocks=(None, None, None)), personal()))[0]
    assert "Unsubscribe" in nothing


def test_it_is_small() -> None:
    for language in ("en", "fr", "ar"):
        assert len(LOOM.weave(combination(language), personal(tickets=6)).content) < 100_000


def test_raw_html_in_markdown_is_shown_not_obeyed() -> None:
    loom = Loom(one_block(f"{NAME} <script>alert(1)</script>\n\n<img src=x onerror=1>"), LOOK)
    _text, html = parts(loom.weave(combination(blocks=("only",)), personal(first_name="<b>&")))
    assert "&lt;script&gt;" in html
    assert "<script" not in html
    assert "onerror=1&gt;" in html
    assert "&lt;b&gt;&amp;" in html


def test_a_combination_knows_its_slots() -> None:
    with pytest.raises(ValueError, match="1 blocks for 3 slots"):
        LOOM.weave(Combination("en", "", ("welcome",)), personal())


def test_joining_is_quick() -> None:
    """A generous bound that holds on a busy machine; bench/weave.py measures."""
    fan = personal()
    LOOM.weave(combination(), fan)
    best = min(_spent(fan) for _ in range(5))
    assert best < 300e-6


def _spent(fan: object) -> float:
    start = time.perf_counter()
    for _ in range(50):
        LOOM.weave(combination(blocks=ALL), fan)  # type: ignore[arg-type]
    return (time.perf_counter() - start) / 50


SPORTS = {"Judo": {"fr": "Judo (fr)", "ar": "الجودو"}, "Rowing": {"fr": "Aviron"}}


@pytest.mark.parametrize(
    ("language", "sport", "spoken"),
    [
        ("ar", "Judo", "الجودو"),
        ("fr-CA", "Rowing", "Aviron"),
        ("ar", "Rowing", "Rowing"),
        ("en", "Judo", "Judo"),
    ],
)
def test_a_sport_is_named_in_her_language_where_its_topic_says_how(
    language: str, sport: str, spoken: str
) -> None:
    weaver = Loom(COMPOSITION, replace(LOOK, sports=SPORTS))
    text, html = parts(weaver.weave(combination(language), personal(tickets=(Held(sport=sport),))))
    assert f"{spoken} · " in text.replace("\u2068", "").replace("\u2069", "")
    assert spoken in html


@pytest.mark.parametrize("tickets", [0, 1, 3])
def test_the_plain_text_reads_well(tickets: int) -> None:
    text = parts(LOOM.weave(combination("fr"), personal(tickets=tickets)))[0].replace("\r\n", "\n")
    assert "\n\n\n" not in text
    assert text.startswith("Lumen 2027\n==========\n\nBonjour Anna\n")
    assert text.count("\nPorte C · Bloc 12 · Rang 4 · Place 20\n") == tickets
    assert text.endswith(
        f"\n-- \nLumen 2027\nTu reçois ce message parce que tu as demandé les nouvelles de Lumen 2027.\n"
        f"Choisir ce que tu reçois <https://lumen.example.org/preferences/?t={LEAVE}>\n"
        f"Se désabonner <https://go.lumen.example.org/u/{LEAVE}>\n1 Stadium Road, 75000 Paris\n"
    )
