"""Errors and warnings of a composition, exactly those that the campaign file knows."""

from dataclasses import replace

import pytest
from django.utils import translation

from tests.content.made import ALL, COMPOSITION, LOOK, one_block
from tifo.content.public import (
    Block,
    Slot,
    check,
    fingerprint,
    from_plain,
    languages,
    loom,
    served_language,
    to_plain,
)
from tifo.kernel.public import Refused

pytestmark = pytest.mark.django_db


def said(composition, level: str) -> list[str]:
    return [str(problem) for problem in check(composition) if problem.level == level]


def test_a_good_composition_has_warnings_for_the_fall_back_only() -> None:
    assert said(COMPOSITION, "error") == []
    assert said(COMPOSITION, "warning") == [
        "block “seats”: readers of “ar” get it in “en”; write it in ar, or go on",
        "block “mine”: readers of “ar” get it in “en”; write it in ar, or go on",
        "block “seats”: readers of “fr” get it in “en”; write it in fr, or go on",
    ]


def test_unknown_block() -> None:
    wrong = replace(COMPOSITION, slots=(Slot("trunk", ("welcom",)), Slot("x", ("zzz",))))
    assert said(wrong, "error") == [
        "slot “trunk”: there is no block “welcom”; did you mean welcome?",
        "slot “x”: there is no block “zzz”; write it, or take it out of the slot",
    ]


def test_unknown_tag_in_subject_and_block() -> None:
    wrong = replace(one_block("line\n{{ fan.nam }}"), subject={"en": "{{ session.sport }}"})
    assert said(wrong, "error") == [
        "subject, en, line 1: “session.sport” is known only in a block repeated per ticket; give the slot `repeat: tickets`, or take the tag out",
        "block “only”, en, line 2: unknown merge tag “fan.nam”; did you mean fan.last_name, fan.first_name, fan.country?",
    ]


def test_unknown_audience_word() -> None:
    wrong = replace(
        COMPOSITION,
        blocks=tuple(replace(b, when="holds_tiket()") for b in COMPOSITION.blocks[:1])
        + COMPOSITION.blocks[1:],
    )
    (problem,) = said(wrong, "error")
    assert problem.startswith("block “welcome”, when, column 1: ")
    assert "holds_ticket" in problem


def test_a_text_without_fall_back() -> None:
    wrong = replace(COMPOSITION, fallback="es")
    assert "subject: it has no text in the fall-back language “es”; write it in es" in said(wrong, "error")
    assert any(
        p.startswith("block “seats”: it has no text in its fall-back language “es”")
        for p in said(wrong, "error")
    )
    own = replace(
        COMPOSITION,
        blocks=tuple(replace(b, fallback="en") for b in COMPOSITION.blocks),
        subject={**COMPOSITION.subject, "es": "Semana"},
        fallback="es",
    )
    assert said(own, "error") == []


def test_over_100_kb() -> None:
    (problem,) = said(one_block("word " * 9_000 + "\n\n" + "**x** " * 800), "warning") or [""]
    assert problem == "" or "mail programs cut off above 100 kB" in problem
    big = one_block("[a](https://a.example.org/x) " * 1_500)
    assert any("mail programs cut off above 100 kB" in problem for problem in said(big, "warning"))


def test_image_without_text() -> None:
    assert said(one_block("![](https://a.example.org/i.png)"), "warning") == [
        "block “only”, en: an image has no text for those who can't see it; write ![what it shows](address)"
    ]


def test_two_of_a_name_and_nothing_at_all() -> None:
    twice = replace(COMPOSITION, blocks=(*COMPOSITION.blocks, Block("mine", "markdown", {"en": "x"})))
    assert "block “mine”: there are two of this name; rename one" in said(twice, "error")
    assert "slots: there is none; add a slot with a block" in said(replace(COMPOSITION, slots=()), "error")


def test_errors_stop_the_loom() -> None:
    with pytest.raises(Refused, match="unknown merge tag"):
        loom(one_block("{{ fan.x }}"), mailing=LOOK)


def test_canonical_form_and_fingerprint() -> None:
    assert from_plain(to_plain(COMPOSITION)) == COMPOSITION
    same = replace(
        COMPOSITION, blocks=tuple(replace(b, state="reviewed") for b in reversed(COMPOSITION.blocks))
    )
    assert fingerprint(same) == fingerprint(COMPOSITION)
    for other in (
        replace(COMPOSITION, fallback="fr"),
        replace(COMPOSITION, subject={**COMPOSITION.subject, "en": "x"}),
        replace(COMPOSITION, slots=COMPOSITION.slots[::-1]),
        replace(COMPOSITION, slots=(replace(COMPOSITION.slots[0], ranked=True), *COMPOSITION.slots[1:])),
    ):
        assert fingerprint(other) != fingerprint(COMPOSITION)


def test_served_language() -> None:
    assert languages(COMPOSITION) == ("ar", "en", "fr")
    assert [served_language(COMPOSITION, x) for x in ("fr", "fr-CA", "de", "", "ar")] == [
        "fr",
        "fr",
        "en",
        "en",
        "ar",
    ]
    assert len(ALL) == len(COMPOSITION.slots)


@pytest.mark.parametrize(
    ("language", "spoken"),
    [
        (
            "fr",
            "bloc «\u00a0only\u00a0», en, ligne 2: balise de fusion inconnue «\u00a0fan.nam\u00a0»; vouliez-vous dire fan.last_name, fan.first_name, fan.country\u202f?",
        ),
        (
            "es",
            "bloque «only», en, línea 2: etiqueta de combinación desconocida «fan.nam»; ¿quería decir fan.last_name, fan.first_name, fan.country?",
        ),
        (
            "ar",
            "الكتلة «only»، en، السطر 2: وسم دمج غير معروف «fan.nam»; هل تقصد fan.last_name, fan.first_name, fan.country؟",
        ),
    ],
)
def test_a_problem_is_said_in_the_readers_language(language: str, spoken: str) -> None:
    wrong = one_block("line\n{{ fan.nam }}")
    with translation.override(language):
        assert said(wrong, "error") == [spoken]
