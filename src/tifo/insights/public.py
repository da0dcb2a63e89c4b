"""The door of insights."""

from tifo.insights.queries import growth, report, report_of
from tifo.insights.types import BlockFigures, CampaignReport, Growth, Part, Span

__all__ = ["BlockFigures", "CampaignReport", "Growth", "Part", "Span", "growth", "report", "report_of"]
