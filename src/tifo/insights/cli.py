"""`tifo campaigns report NAME`."""

import click

from tifo.insights.queries import report_of
from tifo.insights.rules import plain_report
from tifo.insights.types import Span
from tifo.kernel.public import console
from tifo.lake.public import refresh


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
        f"bounced {found.returned.bounced:,} of {done.accepted + done.refused:,} answered, "
        f"called spam {found.returned.complaints:,} of {done.accepted:,} accepted",
        f"unsubscribed {found.unsubscribed:,} of {done.accepted:,} accepted",
    ]
    console.out(plain_report(found), as_json, lines)


COMMANDS: dict[str, click.Command] = {"campaigns report": report}
