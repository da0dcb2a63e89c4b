"""`tifo move`, `tifo backup`, `tifo restore`, `tifo export`."""

from pathlib import Path
from typing import Any

import click
from django.conf import settings

from tifo.delivery.public import stop_sending
from tifo.kernel.public import Refused, console
from tifo.registry.public import erasures_file, repeat_erasures
from tifo.server import supervisor
from tifo.server.moving import house
from tifo.server.moving.stream import Said

FOLDER = click.argument("folder", type=click.Path(file_okay=False, path_type=Path))


def _shown(said: Said) -> dict[str, Any]:
    return {
        "rows": sum(rows for rows, _ in said.values()),
        "sha256": house.together(said),
        "tables": {name: {"rows": rows, "sha256": digest} for name, (rows, digest) in said.items()},
    }


def _lines(said: Said) -> list[str]:
    """A line for each table that has rows."""
    width = max(map(len, said))
    lines = [f"{name:<{width}} {rows:>12,}  {digest[:16]}" for name, (rows, digest) in said.items() if rows]
    return [
        *lines,
        f"{'all together':<{width}} {sum(rows for rows, _ in said.values()):>12,}  {house.together(said)[:16]}",
    ]


def _at_rest() -> None:
    """What is written while a base moves away would be lost."""
    for setting in ("TIFO_WEB_BIND", "TIFO_TRACK_BIND"):
        try:
            supervisor.check_free(getattr(settings, setting), setting)
        except Refused:
            raise Refused(
                f"tifo is at work here ({setting}={getattr(settings, setting)}): stop it first, workers too."
            ) from None


@click.command()
@click.option(
    "--to", "target", required=True, help="postgresql://user:password@host/name or sqlite:///a/file; empty."
)
@console.json_option
def move(target: str, as_json: bool) -> None:
    """Carry this base to another database, which must be empty. Stop tifo before; the old base sends nothing more."""
    _at_rest()
    said = house.carry(house.here(), target, hold=True)
    stop_sending("moved", [])
    console.out(
        _shown(said),
        as_json,
        [
            *_lines(said),
            "Read back from the new database, every table is the same. Now",
            f"  set TIFO_DATABASE_URL={house.without_password(target)} (with its password)",
            '  tifo delivery raise-epoch --yes --because "moved to another database"',
            "  tifo lake rebuild",
        ],
    )


@click.command()
@FOLDER
@console.json_option
def backup(folder: Path, as_json: bool) -> None:
    """Write the whole base into FOLDER, which isn't there yet; tifo may go on working. It holds personal data."""
    said = house.back_up(folder)
    console.out(
        _shown(said), as_json, [*_lines(said), f"{folder} is whole. Keep it where only you can read it."]
    )


@click.command()
@FOLDER
@click.option(
    "--erasures",
    type=click.Path(path_type=Path),
    help="Who was erased since: the file of the machine that was lost, where this is another one.",
)
@console.json_option
def restore(folder: Path, erasures: Path | None, as_json: bool) -> None:
    """Take a backup into an empty base, and erase again who was erased since. Nothing is sent before you say so."""
    if erasures is None and not erasures_file().exists():
        raise Refused(
            f"Who was erased since the backup is written in {erasures_file()} where tifo worked before, and isn't here. "
            "Name a copy of that file with --erasures; an empty file says that nobody was."
        )
    said, made = house.restore(folder)
    again = repeat_erasures(erasures)
    console.out(
        {**_shown(said), "made_at": made.isoformat(), "erased_again": again},
        as_json,
        [
            *_lines(said),
            f"This is the base of {made:%Y-%m-%d %H:%M} UTC. Erased again: {again}. Now",
            "  tifo lake rebuild",
            "  tifo campaigns list    (end what had gone on since, with tifo campaigns cancel)",
            '  tifo delivery raise-epoch --yes --because "restored from backup"',
        ],
    )


@click.command("export")
@FOLDER
@console.json_option
def export_all(folder: Path, as_json: bool) -> None:
    """Write every table as a Parquet file into FOLDER, which isn't there yet, to be read without tifo."""
    said = house.export(folder)
    console.out(_shown(said), as_json, [*_lines(said), f"{folder} is whole. It holds personal data."])


COMMANDS: dict[str, click.Command] = {
    "move": move,
    "backup": backup,
    "restore": restore,
    "export": export_all,
}
