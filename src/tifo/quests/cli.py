"""`tifo quests …`: look over and open quests from files."""

from pathlib import Path

import click

from tifo.kernel.public import Refused, console
from tifo.quests.actions import open_quest
from tifo.quests.actions.opening import check_quest
from tifo.quests.queries import listed
from tifo.quests.types import Quest, said

FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))


def _source(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refused(f"{file}: byte {error.start} is not UTF-8; save the file as UTF-8.") from None


def _say(quest: Quest, what: str, as_json: bool) -> None:
    window = f"{quest.opens_at:%Y-%m-%d %H:%M} to {quest.closes_at:%Y-%m-%d %H:%M} UTC"
    plain = {"name": quest.name, "kind": quest.kind, "questions": len(quest.questions)}
    console.out(plain, as_json, [f"{quest.name} ({quest.kind}) {what}; open {window}."])


@click.command()
@FILE
@console.json_option
def check(file: Path, as_json: bool) -> None:
    """Look a quest file over; nothing is opened."""
    _say(check_quest(_source(file)), "is in order", as_json)


@click.command("open")
@FILE
@console.json_option
def open_(file: Path, as_json: bool) -> None:
    """Open a quest to the fans, or its newer file."""
    _say(open_quest(_source(file)), "is with the fans", as_json)


@click.command("list")
@console.json_option
def list_(as_json: bool) -> None:
    """All quests, and how many played."""
    found = listed()
    console.out(
        [{"name": one.name, "kind": one.kind, "state": one.state, "plays": one.plays} for one in found],
        as_json,
        [
            f"{one.name}: {said(one.title, 'en')} ({one.kind}, {one.state}), {one.plays:,} plays"
            for one in found
        ],
    )


COMMANDS = {"quests check": check, "quests open": open_, "quests list": list_}
