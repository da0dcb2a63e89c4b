"""`tifo fans import`: a file of people into the base, from the command line."""

from pathlib import Path

import click

from tifo.kernel.public import Refused, console
from tifo.registry.public import (
    ImportResult,
    carry_out,
    check_source,
    hand_over,
    look_at,
    read_as,
    result_of,
    take_up,
    targets_of,
    try_out,
)

_SIGNS = {"comma": ",", "semicolon": ";", "tab": "\t"}


def _chosen(pairs: tuple[str, ...]) -> dict[str, str]:
    chosen = {}
    for pair in pairs:
        header, equals, place = pair.rpartition("=")
        if not equals or not header:
            raise Refused(f"--map {pair!r}: write 'Column in the file=known column', e.g. 'E-Mail=email'.")
        chosen[header] = place.strip()
    return chosen


def _lines(result: ImportResult, *, dry: bool) -> list[str]:
    created, updated = (
        ("would be new", "known already") if dry else ("new", "known already, brought up to date")
    )
    lines = [
        f"{result.read:,} rows read: {result.created:,} {created}, {result.updated:,} {updated}, "
        f"{result.rejected:,} rejected."
    ]
    if result.rejects_file:
        lines.append(f"Rejected rows, with line and reason: {result.rejects_file}")
    if dry:
        lines.append("Nothing was written (dry run).")
    return lines


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--source", default="", help="Where these people come from; stays with them. Default: the file's name."
)
@click.option("--dry-run", is_flag=True, help="Check everything and say what would happen; write nothing.")
@click.option(
    "--map",
    "pairs",
    multiple=True,
    metavar="HEADER=COLUMN",
    help="Take a column as a known one ('-' leaves it out).",
)
@click.option(
    "--ignore-unknown", is_flag=True, help="Leave out columns that aren't known, instead of refusing."
)
@click.option(
    "--country", default="", help="Two letters: whose phone numbers are those without a country code."
)
@click.option("--encoding", default="", help="Instead of finding it out: utf-8, utf-16, cp1252, latin-1.")
@click.option("--delimiter", type=click.Choice(list(_SIGNS)), help="Instead of finding it out.")
@console.json_option
def import_people(
    file: Path,
    source: str,
    dry_run: bool,
    pairs: tuple[str, ...],
    ignore_unknown: bool,
    country: str,
    encoding: str,
    delimiter: str | None,
    as_json: bool,
) -> None:
    """Import people from FILE (CSV). Killed and called again, it goes on where it stopped.

    Known columns: email, phone, first_name, last_name, birth_date, gender, language, country, postcode, timezone,
    external_id, joined_at, club_member, consent:<purpose>, likes:<topic>.
    """
    if not file.is_file():
        raise Refused(f"{file} is no file: name a CSV file of people.")
    look = look_at(file, encoding=encoding, delimiter=_SIGNS.get(delimiter or "", ""))
    targets = targets_of(look, _chosen(pairs), leave_unknown=ignore_unknown)
    left_out = [header for header, target in zip(look.columns, targets, strict=True) if target == "-"]
    if left_out:
        click.echo(f"Left out: {', '.join(left_out)}", err=True)
    reading = read_as(look, targets, country)
    run = take_up(file, check_source(source or file.stem), reading, dry=dry_run)
    if run.state == run.State.DONE:
        result = result_of(run)
    else:
        with console.progress("Checking" if dry_run else "Importing", 1.0) as advance:
            result = try_out(run, file, advance) if dry_run else carry_out(run, file, advance)
    console.out(result.as_dict(), as_json, _lines(result, dry=dry_run))
    hand_over(run)
    if result.rejected == result.read:
        raise Refused("No row could be taken. The rejects file names each with its reason.")


COMMANDS = {"fans import": import_people}
