"""`tifo campaigns report NAME`."""

from typing import Any

import click

from tifo.insights.queries import report_of
from tifo.insights.types import CampaignReport, Part, Span
from tifo.kernel.public import console
from tifo.lake.public import refresh


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


def _share(span: Span) -> str:
    return f"{span.certain_rate:.1%} certain … {span.all_rate:.1%} all, of {span.of:,} accepted"


@click.command()
@click.argument("name")
@console.json_option
def report(name: str, as_json: bool) -> None:
    """What became of a campaign's newest sending."""
    refresh()
    found = report_of(name)
    done = found.progress
    lines = [
        f"{name}, sending {found.occurrence.number}: {done.stage}",
        f"planned {done.planned:,} = accepted {done.accepted:,} + suppressed {done.suppressed_total:,} + refused "
        f"{done.refused:,} + unknown {done.unknown:,} + expired {done.expired:,} + cancelled {done.cancelled:,} "
        f"+ open {done.open:,}",
        f"opened {_share(found.opened)}",
        f"clicked {_share(found.clicked)}",
        f"unsubscribed {found.unsubscribed:,} of {done.accepted:,} accepted",
    ]
    console.out(plain_report(found), as_json, lines)


COMMANDS: dict[str, click.Command] = {"campaigns report": report}
