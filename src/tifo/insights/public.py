"""The door of insights."""

from tifo.insights.queries import club, growth, report, report_of
from tifo.insights.types import BlockFigures, CampaignReport, Club, Growth, Part, Span

__all__ = [
    "BlockFigures",
    "CampaignReport",
    "Club",
    "Growth",
    "Part",
    "Span",
    "club",
    "growth",
    "report",
    "report_of",
]
