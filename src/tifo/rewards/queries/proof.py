"""What anybody can check: the log, the transcript of a draw, and the receipt that an entrant keeps."""

import json
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.db.models import Q, QuerySet

from tifo.kernel.public import Refused, data_path
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
    row = _drawn(name)
    log = [logged(entry) for entry in _log_of(name)]
    return {**_fixed(row), "log": log, "head": log[-1]["hash"]}


def transcript_lines(name: str) -> Iterator[bytes]:
    """The transcript as JSON, piece by piece, keys in their order. What the draw fixed is written to files once; the
    log, which grows with each claim, is read anew. Refused before the draw."""
    before, after = _kept(_drawn(name))
    return _joined(before, _log_of(name), after)


def _joined(before: Path, log: QuerySet[LogEntry], after: Path) -> Iterator[bytes]:
    yield from _pieces(before)
    head = log.last()
    yield b',"head":"%b","log":[' % (head.hash.encode() if head else b"")
    for place, entry in enumerate(log.iterator()):
        yield (b"," if place else b"") + canonical(logged(entry))
    yield b"],"
    yield from _pieces(after)


def _pieces(file: Path) -> Iterator[bytes]:
    with file.open("rb") as source:
        yield from iter(lambda: source.read(1 << 16), b"")


def _drawn(name: str) -> Offer:
    row = offer_row(name)
    if row.method != "draw" or row.state not in (State.DRAWN, State.CLOSED):
        raise Refused(_("“%(name)s” has no transcript: it is not drawn", name=name[:80]))
    return row


def _log_of(name: str) -> QuerySet[LogEntry]:
    last = LogEntry.objects.filter(offer=name).latest("number").number
    return LogEntry.objects.filter(number__lte=last).order_by("number")


def _fixed(row: Offer) -> dict[str, Any]:
    """What no later act can change."""
    offer = definition_of(row)
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
    }


def _kept(row: Offer) -> tuple[Path, Path]:
    """The two files between which the log stands."""
    folder = data_path("draws")
    folder.mkdir(parents=True, exist_ok=True)
    before, after = (folder / f"{row.name}-{row.order[:16]}.{part}" for part in ("before", "after"))
    if not (before.exists() and after.exists()):
        fixed = _fixed(row)
        first = {key: value for key, value in fixed.items() if key < "head"}
        last = {key: value for key, value in fixed.items() if key > "log"}
        _write(after, _json(last)[1:])
        _write(before, _json(first)[:-1])
    return before, after


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _write(file: Path, text: str) -> None:
    """Whole or not at all; two that write at once write the same."""
    unfinished = file.with_name(f"{file.name}.{secrets.token_hex(4)}")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(file)


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
