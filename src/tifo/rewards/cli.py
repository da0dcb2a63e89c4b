"""`tifo rewards …`: check, open, freeze and draw offers from files and scripts."""

import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import click

from tifo.kernel.public import Refused, console
from tifo.rewards.actions import (
    Beacon,
    check_offer,
    close_offer,
    draw,
    freeze,
    open_offer,
    pass_on_overdue,
    rank,
)
from tifo.rewards.queries import offer, offers, transcript
from tifo.rewards.rules.beacon import QUICKNET
from tifo.rewards.rules.file import read_offer_file
from tifo.rewards.types import OfferDefinition, OfferView

FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
LONGEST = 100_000  # bytes of a beacon's answer
PATIENCE = 10  # seconds
BEACON = "https://api.drand.sh"


def _read(file: Path) -> OfferDefinition:
    try:
        return read_offer_file(file.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        raise Refused(f"{file}: byte {error.start} is not UTF-8; save the file as UTF-8.") from None
    except Refused as error:
        raise Refused(f"{file}: {error}") from None


def plain(view: OfferView) -> dict[str, Any]:
    """What scripts rely on."""
    return {
        "name": view.name,
        "state": str(view.state),
        "method": view.definition.method,
        "version": view.version,
        "entries": view.entries,
        "places": view.definition.places,
        "rules_hash": view.rules_hash,
        "root": view.root or None,
        "round": view.round,
        "drawable_at": view.drawable_at,
    }


def _say(name: str, as_json: bool) -> None:
    said = plain(offer(name))
    lines = [f"{name}: {said['state']}, {said['entries']:,} entries, {said['places']:,} places"]
    if said["root"]:
        lines.append(f"root {said['root']}")
    if said["state"] == "frozen":
        by = f"by round {said['round']} " if said["round"] else ""
        lines.append(f"to be drawn {by}from {said['drawable_at']:%Y-%m-%d %H:%M:%S} UTC on")
    console.out(said, as_json, lines)


@click.command()
@FILE
@console.json_option
def check(file: Path, as_json: bool) -> None:
    """Look an offer file over; nothing is written."""
    definition = _read(file)
    check_offer(definition)
    said = {"offer": definition.name, "method": definition.method, "places": definition.places, "errors": 0}
    console.out(
        said, as_json, [f"{definition.name}: {definition.method}, {definition.places:,} places. No error."]
    )


@click.command("open")
@FILE
@console.json_option
def open_(file: Path, as_json: bool) -> None:
    """Publish an offer's rules; fans may enter from its opening on. The same file again does nothing."""
    definition = _read(file)
    open_offer(definition)
    _say(definition.name, as_json)


@click.command("list")
@console.json_option
def list_offers(as_json: bool) -> None:
    """All offers and where they stand."""
    rows = [plain(view) for view in offers()]
    console.out(rows, as_json, [f"{row['name']}: {row['state']}" for row in rows] or ["No offer yet."])


@click.command("freeze")
@click.argument("name")
@console.json_option
def freeze_(name: str, as_json: bool) -> None:
    """Fix who takes part, and publish the root and the round that decides."""
    freeze(name)
    _say(name, as_json)


@click.command("draw")
@click.argument("name")
@click.option(
    "--beacon",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help='The round as drand answers it, or {"secrets": {party: hex}}; without it drand is asked.',
)
@console.json_option
def draw_(name: str, beacon: Path | None, as_json: bool) -> None:
    """Fix the order of all entries, by the round that the freeze named."""
    view = offer(name)
    if view.definition.method in ("ranking", "jury"):
        rank(name)
    elif view.state == "frozen":
        draw(name, _beacon(beacon.read_bytes()[:LONGEST], view) if beacon else _fetched(view))
    elif view.state not in ("drawn", "closed"):
        raise Refused(f"{name} is {view.state}; freeze it first: tifo rewards freeze {name}")
    _say(name, as_json)


def _beacon(data: bytes, view: OfferView) -> Beacon:
    """A beacon's answer, read with care."""
    try:
        said = json.loads(data)
    except (ValueError, RecursionError):
        raise Refused("The beacon is not readable JSON.") from None
    if isinstance(said, dict) and isinstance(said.get("secrets"), dict):
        return Beacon(secrets={str(party): str(secret) for party, secret in said["secrets"].items()})
    if not isinstance(said, dict) or not isinstance(said.get("signature"), str):
        raise Refused('The beacon must be {"round": …, "signature": "…"}, or {"secrets": {party: "…"}}.')
    if said.get("round", view.round) != view.round:
        raise Refused(f"This is round {str(said['round'])[:20]}; {view.name} is drawn by round {view.round}.")
    return Beacon(signature=said["signature"])


def _fetched(view: OfferView) -> Beacon:
    if view.round is None:
        raise Refused(
            f'{view.name} is drawn by its parties: --beacon FILE with {{"secrets": {{party: hex}}}}.'
        )
    address = f"{BEACON}/{QUICKNET.hash}/public/{view.round}"
    try:
        with urllib.request.urlopen(address, timeout=PATIENCE) as answer:  # noqa: S310  a fixed https address
            return _beacon(answer.read(LONGEST), view)
    except (OSError, urllib.error.URLError) as error:
        raise Refused(
            f"Round {view.round} could not be had from {BEACON} ({type(error).__name__}). Get {address} elsewhere, and "
            "hand it in by --beacon FILE."
        ) from None


@click.command("transcript")
@click.argument("name")
def transcript_(name: str) -> None:
    """Print the transcript of a draw, for tools/verify_draw.py."""
    click.echo(json.dumps(transcript(name), ensure_ascii=False, separators=(",", ":"), sort_keys=True))


@click.command("close")
@click.argument("name")
@console.json_option
def close(name: str, as_json: bool) -> None:
    """Pass on what was not claimed in time, and close an offer for good."""
    pass_on_overdue()
    close_offer(name)
    _say(name, as_json)


COMMANDS: dict[str, click.Command] = {
    "rewards check": check,
    "rewards open": open_,
    "rewards list": list_offers,
    "rewards freeze": freeze_,
    "rewards draw": draw_,
    "rewards transcript": transcript_,
    "rewards close": close,
}
