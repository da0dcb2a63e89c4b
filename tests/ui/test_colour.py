"""The accent stays legible whatever the event's brand is."""

import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import tifo.ui
from tifo.ui.rules import contrast, ground_dark, ground_light, hex_colour, is_colour, shades, stylesheet
from tifo.ui.rules.colour import Ground

CSS = (Path(tifo.ui.__file__).parent / "static/ui/tifo.css").read_text(encoding="utf-8")
colours = st.tuples(*[st.integers(0, 255)] * 3).map(hex_colour)
grounds = st.sampled_from([ground_light, ground_dark])


def _tokens(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6});", block))


LIGHT = _tokens(CSS.split("@media (prefers-color-scheme: dark)")[0])
DARK = _tokens(CSS.split("@media (prefers-color-scheme: dark)")[1].split("@media")[0])


def test_known_contrasts() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert contrast("#ffffff", "#ffffff") == 1.0


@given(colours, colours)
def test_contrast_has_no_order(one: str, other: str) -> None:
    assert contrast(one, other) == contrast(other, one)
    assert 1 <= contrast(one, other) <= 21


@given(colours, grounds)
@example("#ffffff", ground_light)
@example("#000000", ground_dark)
@example("#777777", ground_light)
@example("#ffe600", ground_light)
def test_accent_is_legible(accent: str, ground: Ground) -> None:
    worn = shades(accent, ground)
    assert worn.accent == accent
    assert worn.on in ("#000000", "#ffffff")
    assert contrast(worn.on, worn.accent) >= 4.5
    assert contrast(worn.on, worn.deep) >= contrast(worn.on, worn.accent)
    for surface in (*ground.surfaces[:4], worn.soft):
        assert contrast(worn.ink, surface) >= 4.5
        assert contrast(worn.edge, surface) >= 3.0
    for ink in ground.inks:
        assert contrast(ink, worn.soft) >= 4.5


def test_a_legible_accent_is_left_as_it_is() -> None:
    assert shades("#1f5fbf", ground_light).ink == "#1f5fbf"
    assert shades("#FFF", ground_dark).accent == "#ffffff"


@given(st.text(max_size=9))
def test_what_is_no_colour_is_refused(text: str) -> None:
    if not is_colour(text):
        with pytest.raises(ValueError, match="is not a colour"):
            shades(text, ground_light)


@pytest.mark.parametrize(("ground", "tokens"), [(ground_light, LIGHT), (ground_dark, DARK)])
def test_stylesheet_and_rules_name_the_same_neutrals(ground: Ground, tokens: dict[str, str]) -> None:
    assert tuple(tokens[f"surface-{step}"] for step in range(5)) == ground.surfaces
    assert tuple(tokens[f"ink-{step}"] for step in (1, 2, 3)) == ground.inks


@pytest.mark.parametrize("tokens", [LIGHT, DARK])
def test_inks_and_signals_are_legible(tokens: dict[str, str]) -> None:
    surfaces = [tokens[f"surface-{step}"] for step in range(4)]
    for step in (1, 2, 3):
        assert min(contrast(tokens[f"ink-{step}"], surface) for surface in surfaces) >= 4.5
    for signal in ("good", "watch", "stop", "info"):
        assert contrast(tokens[signal], tokens[f"{signal}-soft"]) >= 4.5
        assert min(contrast(tokens[signal], surface) for surface in surfaces[:3]) >= 4.5
        assert contrast(tokens["ink-1"], tokens[f"{signal}-soft"]) >= 4.5
        assert contrast(tokens["signal-on"], tokens[signal]) >= 4.5
    assert min(contrast(tokens["outline"], surface) for surface in surfaces[:3]) >= 3.0


def test_accent_stylesheet_has_both_grounds() -> None:
    sheet = stylesheet("#d7263d")
    assert sheet.count("--accent:#d7263d") == 2
    assert "@media (prefers-color-scheme:dark)" in sheet
    assert set(re.findall(r"--([\w-]+):", sheet)) == {
        "accent", "accent-on", "accent-deep", "accent-ink", "accent-edge", "accent-soft",
    }  # fmt: skip
