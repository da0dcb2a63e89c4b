"""Reading the figures of the house: sums from the ledger, all else from the lake."""

from tifo.insights.queries.club import club
from tifo.insights.queries.growth import growth
from tifo.insights.queries.report import report, report_of

__all__ = ["club", "growth", "report", "report_of"]
