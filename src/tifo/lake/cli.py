"""Commands of the lake."""

import click

from tifo.kernel.public import console
from tifo.lake.actions import rebuild as rebuild_lake
from tifo.lake.actions import refresh as refresh_lake
from tifo.lake.ports import Generation


def _say(generation: Generation, as_json: bool) -> None:
    console.out(
        {"generation": generation.number, "as_of": generation.as_of.isoformat()},
        as_json,
        [f"Generation {generation.number}, true as of {generation.as_of:%Y-%m-%d %H:%M:%S} UTC."],
    )


@click.command()
@console.json_option
def refresh(as_json: bool) -> None:
    """Copy what changed in the truth into the lake."""
    _say(refresh_lake(), as_json)


@click.command()
@console.json_option
def rebuild(as_json: bool) -> None:
    """Drop the lake and copy everything anew."""
    _say(rebuild_lake(), as_json)


COMMANDS: dict[str, click.Command] = {"lake refresh": refresh, "lake rebuild": rebuild}
