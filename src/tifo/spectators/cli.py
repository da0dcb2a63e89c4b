"""The spectators' commands."""

import sys
from pathlib import Path

import click

from tifo.kernel.public import Refused, console
from tifo.spectators.public import ImportReport, import_programme


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would change, and write nothing.")
@console.json_option
def import_command(folder: Path, dry_run: bool, as_json: bool) -> None:
    """Take the programme and the tickets in FOLDER: venues.csv, sessions.csv, gates.csv, tickets.csv.

    Run it again and again: what is there is updated. A wrong row in the programme stops everything; a ticket
    that can't be taken is left out and told.
    """
    with console.progress("tickets.csv") as advance:
        report = import_programme(folder, dry_run=dry_run, told=advance)
    console.out(report.as_dict(), as_json, _lines(report))
    for problem in report.errors:
        click.echo(str(problem), err=True)
    hidden = report.rejected - len(report.errors)
    if hidden > 0:
        click.echo(f"… and {hidden:,} more: see {report.rejects_file}", err=True)
    for warning in report.warnings:
        click.echo(f"note: {warning}", err=True)
    taken = sum(one.created + one.updated + one.unchanged for one in report.files.values())
    if not (report.applied or dry_run):
        raise Refused("Nothing was imported: mend the rows above and run it again.")
    if dry_run and report.errors and not report.rejects_file:
        sys.exit(1)
    if not taken:
        if not any(one.read for one in report.files.values()):
            raise Refused(f"The files in {folder} name columns and hold no row: there is nothing to import.")
        raise Refused("No row could be taken: mend the rows above and run it again.")


def _lines(report: ImportReport) -> list[str]:
    would = "would be " if report.dry_run else ""
    lines = [
        f"{name}: {one.read:,} read, {would}{one.created:,} created, {one.updated:,} updated, "
        f"{one.unchanged:,} unchanged, {one.rejected:,} rejected"
        for name, one in report.files.items()
    ]
    if report.holders_known or report.holders_unknown:
        lines.append(
            f"holders: {report.holders_known:,} tickets of fans we know, {report.holders_unknown:,} of others"
        )
    if report.rejects_file:
        lines.append(f"rejected rows: {report.rejects_file}")
    return lines


COMMANDS: dict[str, click.Command] = {"spectators import": import_command}
