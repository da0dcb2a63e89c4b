"""What anybody can check: the log, the transcript of a draw, and the receipt that an entrant keeps."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.db.models import Q

from tifo.kernel.public import Refused, clock, data_path
from tifo.kernel.public import sentence as _
from tifo.rewards.models import Award, Entry, LogEntry, Offer, Rules, Tree
from tifo.rewards.queries.offers import definition_of, offer_row
from tifo.rewards.rules.exact import SIZE, canonical, instant, siblings
from tifo.rewards.types import FORMAT, OfferDefinition, State

BLOCK = 1024
"""Nodes of the tree in one row."""


def logged(entry: LogEntry) -> dict[str, Any]:
    """An entry as it was published."""
    return {
        "number": entry.number,
        "at": instant(entry.at),
        "kind": entry.kind,
        "offer": entry.offer,
        "body": entry.body,
        "previous": entry.previous,
        "hash": entry.hash,
    }


def log_lines() -> Iterator[bytes]:
    """The whole log as JSON lines, oldest first."""
    for entry in LogEntry.objects.order_by("number").iterator():
        yield canonical(logged(entry)) + b"\n"


def transcript(name: str) -> dict[str, Any]:
    """All that the draw follows from, and what it led to; nobody is named. Refused before the draw."""
    row = offer_row(name)
    if row.method != "draw" or row.state not in (State.DRAWN, State.CLOSED):
        raise Refused(_("“%(name)s” has no transcript: it is not drawn", name=name[:80]))
    offer = definition_of(row)
    last = LogEntry.objects.filter(offer=name).latest("number").number
    log = [logged(entry) for entry in LogEntry.objects.filter(number__lte=last).order_by("number")]
    return {
        "format": FORMAT,
        "rules": Rules.objects.get(offer=row, version=row.version).rules,
        "chain": None,
        "entries": {
            "columns": ["commitment", "stratum", "weight", *(one.key for one in offer.inputs)],
            "rows": _rows(row),
        },
        "beacon": row.beacon,
        "result": {"seed": row.seed, "order": row.order, "strata": _ranking(row, offer)},
        "log": log,
        "head": log[-1]["hash"],
    }


def transcript_file(name: str) -> Path:
    """The transcript as a file, written once for each state of the offer's log."""
    head = LogEntry.objects.filter(offer=name).order_by("-number").values_list("hash", flat=True).first()
    folder = data_path("draws")
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}-{head}.json"
    if not file.exists():
        data = json.dumps(transcript(name), ensure_ascii=False, separators=(",", ":"), sort_keys=True)
        unfinished = file.with_suffix(f".{clock.now().timestamp()}")
        unfinished.write_text(data, encoding="utf-8")
        unfinished.replace(file)
        for older in folder.glob(f"{name}-*.json"):
            if (
                older != file
                and older.name[len(name) + 1 : -5].isalnum()
                and len(older.stem) == len(file.stem)
            ):
                older.unlink(missing_ok=True)
    return file


def _rows(row: Offer) -> list[list[Any]]:
    frozen = Entry.objects.filter(offer=row, leaf_index__isnull=False).order_by("leaf_index")
    return [
        [committed, stratum, weight, *(int(one) for one in bands.split(",") if one)]
        for committed, stratum, weight, bands in frozen.values_list(
            "commitment", "stratum", "weight", "bands"
        ).iterator(50_000)
    ]


def _ranking(row: Offer, offer: OfferDefinition) -> list[dict[str, Any]]:
    ranking: dict[str, list[int]] = {stratum.key: [] for stratum in offer.strata}
    ranked = Entry.objects.filter(offer=row, rank__isnull=False).order_by("stratum", "rank")
    for stratum, index in ranked.values_list("stratum", "leaf_index").iterator(50_000):
        ranking[stratum].append(index or 0)
    return [
        {"key": one.key, "winners": min(one.places, len(ranking[one.key])), "ranking": ranking[one.key]}
        for one in offer.strata
    ]


def receipt(fan_id: int, name: str) -> dict[str, Any] | None:
    """What she keeps, to find her entry in what was frozen; None while there is none."""
    row = offer_row(name)
    entry = Entry.objects.filter(offer=row, fan_id=fan_id, leaf_index__isnull=False).first()
    if entry is None or entry.leaf_index is None or not entry.salt:
        return None
    frozen = LogEntry.objects.get(offer=name, kind="freeze")
    return {
        "format": "tifo-receipt/1",
        "offer": name,
        "rules_hash": row.rules_hash,
        "holder": entry.holder,
        "salt": bytes(entry.salt).hex(),
        "stratum": entry.stratum,
        "weight": entry.weight,
        "facts": [int(one) for one in entry.bands.split(",") if one],
        "index": entry.leaf_index,
        "entries": row.frozen_entries,
        "path": _path(row, entry.leaf_index),
        "root": row.root,
        "head": frozen.hash,
    }


def _path(row: Offer, index: int) -> list[str]:
    """The siblings of a leaf, from the pieces of the tree that hold them."""
    wanted = siblings(index, row.frozen_entries)
    if not wanted:
        return []
    asked = Q()
    for level, place in wanted:
        asked |= Q(level=level, block=place // BLOCK)
    pieces = {(one.level, one.block): bytes(one.nodes) for one in Tree.objects.filter(asked, offer=row)}
    nodes = []
    for level, place in wanted:
        start = place % BLOCK * SIZE
        nodes.append(pieces[level, place // BLOCK][start : start + SIZE].hex())
    return nodes


def states(name: str) -> dict[str, int]:
    """How many awards stand how."""
    counted: dict[str, int] = {}
    for state in Award.objects.filter(offer__name=name).values_list("state", flat=True):
        counted[state] = counted.get(state, 0) + 1
    return counted
