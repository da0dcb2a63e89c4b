"""Charts as SVG, drawn once and kept."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal

import vl_convert
from babel.dates import format_date
from django.core.cache import cache
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from tifo.insights.rules import folded, growth_chart, hours_chart
from tifo.insights.types import Growth
from tifo.ui.public import moment

CHART_LIFE = 24 * 3600  # seconds; the key holds all that is drawn
Grouping = Literal["en-US", "fr-FR", "es-ES"]
GROUPINGS: Mapping[str, Grouping] = {"fr": "fr-FR", "es": "es-ES"}
"""How numbers on an axis are grouped, where it differs from English."""


def drawn(specification: dict[str, Any]) -> SafeString:
    """The chart as SVG, ready to stand in a page."""
    text = json.dumps(specification, sort_keys=True)
    figures: Grouping = GROUPINGS.get((get_language() or "en").split("-")[0], "en-US")
    key = "insights.chart." + hashlib.sha256(f"{figures} {text}".encode()).hexdigest()
    svg: str | None = cache.get(key)
    if svg is None:
        svg = str(vl_convert.vegalite_to_svg(text, format_locale=figures))
        cache.set(key, svg, CHART_LIFE)
    return mark_safe(svg)  # noqa: S308  our own drawing; its labels are escaped by vl-convert


def growth_svg(figures: Growth) -> SafeString | None:
    """The lines of the base's growth; None where there is nothing to draw."""
    if not figures.by_source or figures.fans == 0:
        return None
    names = {month: _month(month) for month in figures.months}
    named = {source or _("unknown"): counts for source, counts in figures.by_source.items()}
    shown = folded(named, others=_("all others"))
    return drawn(growth_chart(figures.months, shown, names=names, title=_("fans")))


def _month(month: date) -> str:
    """A month as a short label in the reader's language."""
    return str(format_date(month, "LLL yy", locale=(get_language() or "en").replace("-", "_")))


def hours_svg(hours: Sequence[tuple[datetime, int, int]]) -> SafeString | None:
    """Opens and clicks by hour; None where there were none."""
    if not hours:
        return None
    labels = [moment(hour.replace(tzinfo=None)) for hour, _opens, _clicks in hours]
    return drawn(
        hours_chart(hours, labels=labels, opened=_("opened"), clicked=_("clicked"), title=_("messages"))
    )
