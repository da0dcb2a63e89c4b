"""Figures as JSON, and charts as Vega-Lite: pure functions. Colours are the page's own properties."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from tifo.insights.types import CampaignReport, Part, Span

SHADES = ("var(--accent)", "var(--ink-2)", "var(--info)", "var(--good)", "var(--watch)", "var(--ink-3)")
DASHES = ([1, 0], [6, 3], [2, 2], [8, 3, 2, 3], [1, 3], [12, 4])
"""Lines are told apart by their dashes and by a word at their end, not by colour alone."""
LABEL_GAP = 0.075  # of the chart's height: a line of text


def _look(width: int, height: int) -> dict[str, Any]:
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "width": width,
        "height": height,
        "background": None,
        "padding": 4,
        "config": {
            "font": "system-ui, sans-serif",
            "view": {"stroke": None},
            "axis": {
                "labelColor": "var(--ink-2)",
                "titleColor": "var(--ink-2)",
                "gridColor": "var(--surface-3)",
                "domainColor": "var(--surface-4)",
                "tickColor": "var(--surface-4)",
                "labelFontSize": 12,
                "titleFontSize": 12,
                "titleFontWeight": "normal",
            },
            "text": {"fill": "var(--ink-1)", "fontSize": 12},
        },
    }


def folded(by_source: Mapping[str, Sequence[int]], *, others: str) -> dict[str, Sequence[int]]:
    """The largest sources, and the sum of all the others in one: no more lines than can be told apart."""
    ordered = sorted(by_source.items(), key=lambda item: -item[1][-1])
    if len(ordered) <= len(DASHES):
        return dict(ordered)
    kept, rest = ordered[: len(DASHES) - 1], ordered[len(DASHES) - 1 :]
    summed = [sum(counts) for counts in zip(*(line for _, line in rest), strict=True)]
    return {**dict(kept), others: summed}


def spread(heights: Sequence[float], gap: float) -> list[float]:
    """The heights, moved up where needed so that any two are at least `gap` apart; their order stays."""
    placed = list(heights)
    lowest = float("-inf")
    for place in sorted(range(len(placed)), key=placed.__getitem__):
        placed[place] = max(placed[place], lowest)
        lowest = placed[place] + gap
    return placed


def growth_chart(
    months: Sequence[date], by_source: Mapping[str, Sequence[int]], *, names: Mapping[date, str], title: str
) -> dict[str, Any]:
    """How many there were at the end of each month, a line for each source, its name at the line's end."""
    rows = [
        {"month": names[month], "order": month.isoformat(), "source": source, "fans": fans}
        for source, counts in by_source.items()
        for month, fans in zip(months, counts, strict=True)
    ]
    sources = list(by_source)
    ends = [counts[-1] for counts in by_source.values()]
    names_at = spread(ends, max(ends) * LABEL_GAP)
    labels = [
        {"month": names[months[-1]], "order": months[-1].isoformat(), "source": source, "fans": height}
        for source, height in zip(sources, names_at, strict=True)
    ]
    scale = {
        "color": {"domain": sources, "range": [SHADES[n % len(SHADES)] for n in range(len(sources))]},
        "dash": {"domain": sources, "range": [DASHES[n % len(DASHES)] for n in range(len(sources))]},
    }
    across = {
        "field": "month",
        "type": "ordinal",
        "sort": {"field": "order"},
        "axis": {"title": None, "labelAngle": 0, "labelOverlap": True, "grid": False},
    }
    upward = {"field": "fans", "type": "quantitative", "axis": {"title": title, "tickCount": 4}}
    colour = {"field": "source", "type": "nominal", "legend": None, "scale": scale["color"]}
    return {
        **_look(560, 220),
        "data": {"values": rows},
        "layer": [
            {
                "mark": {"type": "line", "strokeWidth": 2.5, "interpolate": "monotone"},
                "encoding": {
                    "x": across,
                    "y": upward,
                    "color": colour,
                    "strokeDash": {
                        "field": "source",
                        "type": "nominal",
                        "legend": None,
                        "scale": scale["dash"],
                    },
                },
            },
            {
                "data": {"values": labels},
                "mark": {"type": "text", "align": "left", "dx": 6},
                "encoding": {"x": across, "y": upward, "text": {"field": "source"}},
            },
        ],
    }


def hours_chart(
    hours: Sequence[tuple[datetime, int, int]],
    *,
    labels: Sequence[str],
    opened: str,
    clicked: str,
    title: str,
) -> dict[str, Any]:
    """Sure opens and clicks by hour: bars for opens, a dashed line with points for clicks."""
    rows = [
        {"hour": label, "order": moment.isoformat(), "opens": opens, "clicks": clicks}
        for (moment, opens, clicks), label in zip(hours, labels, strict=True)
    ]
    across = {
        "field": "hour",
        "type": "ordinal",
        "sort": {"field": "order"},
        "axis": {"title": None, "labelAngle": 0, "labelOverlap": True, "grid": False},
    }
    return {
        **_look(560, 200),
        "data": {"values": rows},
        "layer": [
            {
                "mark": {
                    "type": "bar",
                    "color": "var(--accent)",
                    "cornerRadiusEnd": 3,
                    "description": opened,
                },
                "encoding": {
                    "x": across,
                    "y": {
                        "field": "opens",
                        "type": "quantitative",
                        "axis": {"title": title, "tickMinStep": 1},
                    },
                },
            },
            {
                "mark": {
                    "type": "line",
                    "color": "var(--ink-1)",
                    "strokeDash": [4, 3],
                    "point": {"color": "var(--ink-1)", "size": 40},
                    "description": clicked,
                },
                "encoding": {"x": across, "y": {"field": "clicks", "type": "quantitative"}},
            },
        ],
    }


def _plain(span: Span) -> dict[str, Any]:
    return {
        "certain": span.certain,
        "all": span.all,
        "of": span.of,
        "certain_rate": round(span.certain_rate, 4),
        "all_rate": round(span.all_rate, 4),
    }


def plain_report(found: CampaignReport) -> dict[str, Any]:
    """The report as JSON: the sums that scripts rely on, and each rate with its denominator."""
    done = found.progress
    return {
        "campaign": found.occurrence.campaign,
        "occurrence": found.occurrence.number,
        "stage": str(done.stage),
        "planned": done.planned,
        "accepted": done.accepted,
        "refused": done.refused,
        "unknown": done.unknown,
        "suppressed": dict(done.suppressed),
        "expired": done.expired,
        "cancelled": done.cancelled,
        "open": done.open,
        "delivered": found.delivered,
        "bounced": {
            "count": found.returned.bounced,
            "of": done.accepted + done.refused,
            "hard": found.returned.hard,
            "soft": found.returned.soft,
            "blocked": found.returned.blocked,
        },
        "complained": {"count": found.returned.complaints, "of": done.accepted},
        "opened": _plain(found.opened),
        "clicked": _plain(found.clicked),
        "unsubscribed": {"count": found.unsubscribed, "of": done.accepted},
        "tracked": {"count": found.tracked, "of": done.accepted},
        "as_of": found.as_of.isoformat() if found.as_of else None,
        "by_language": {part.name: _part(part) for part in found.by_language},
        "by_country": {part.name: _part(part) for part in found.by_country},
        "by_variant": {part.name: _part(part) for part in found.by_variant},
        "by_block": [
            {"slot": line.slot, "block": line.block, "shown": line.shown, "clicked": _plain(line.clicked)}
            for line in found.by_block
        ],
    }


def _part(part: Part) -> dict[str, Any]:
    return {
        "planned": part.planned,
        "accepted": part.accepted,
        "opened": _plain(part.opened),
        "clicked": _plain(part.clicked),
        "unsubscribed": part.unsubscribed,
    }
