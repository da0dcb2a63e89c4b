"""The line of growth, as an SVG path that needs neither script nor colour."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

WIDTH, HEIGHT, MARGIN = 320, 64, 4


@dataclass(frozen=True)
class Line:
    """A path in a box of `width` × `height`; the last point is marked."""

    points: str
    last_x: str  # text, for a template would write a number with the reader's decimal comma
    last_y: str
    width: int = WIDTH
    height: int = HEIGHT


def growth_line(weeks: Sequence[tuple[datetime, int]]) -> Line | None:
    """New fans per week; None where there is nothing to see."""
    if len(weeks) < 2:
        return None
    first, last = weeks[0][0], weeks[-1][0]
    span = max((last - first).total_seconds(), 1.0)
    most = max(count for _, count in weeks) or 1
    spots = [
        (
            MARGIN + (WIDTH - 2 * MARGIN) * (week - first).total_seconds() / span,
            HEIGHT - MARGIN - (HEIGHT - 2 * MARGIN) * count / most,
        )
        for week, count in weeks
    ]
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in spots)
    return Line(points, f"{spots[-1][0]:.1f}", f"{spots[-1][1]:.1f}")
