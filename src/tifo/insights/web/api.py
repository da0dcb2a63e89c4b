"""Reports over the API."""

from typing import Any

from django.http import HttpRequest
from ninja import Router

from tifo.insights.queries import report_of
from tifo.insights.rules import plain_report

router = Router(tags=["insights"])


@router.get("/{name}", response=dict[str, Any], url_name="insights-report")
def campaign_report(request: HttpRequest, name: str) -> dict[str, Any]:  # noqa: ARG001  the key's role was checked
    """What became of a campaign's newest sending: the same keys as `tifo campaigns report NAME --json`."""
    return plain_report(report_of(name))
