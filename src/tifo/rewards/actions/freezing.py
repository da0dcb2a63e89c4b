"""Entries are frozen: who takes part with how many tickets, the tree over all of them, and the round that decides, in
the public log before that round exists."""

from datetime import timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from django.db import connection, transaction

from tifo.accounts.public import audit
from tifo.audiences.public import freeze as audience
from tifo.kernel.public import Refused, bulk, clock
from tifo.kernel.public import sentence as _
from tifo.lake.public import refresh
from tifo.points.public import Currency, balances_at
from tifo.rewards.actions.log import append, to_the_second
from tifo.rewards.actions.offers import locked
from tifo.rewards.models import Offer, Tree
from tifo.rewards.queries import definition_of, offer_row
from tifo.rewards.queries.proof import BLOCK
from tifo.rewards.queries.sql import fact
from tifo.rewards.rules import exact, sets
from tifo.rewards.rules.beacon import QUICKNET
from tifo.rewards.rules.judging import bands_of_all, eligible_of_all, weights_of_all
from tifo.rewards.types import AT_ONCE, FORMAT, INPUTS, OfferDefinition, State

AHEAD = timedelta(seconds=60)
"""The least time between the freeze and its round: the root is public by then, however long writing it took."""
NOT_ELIGIBLE, NOT_IN_AUDIENCE = "not-eligible", "not-in-audience"
_READ = pa.schema(
    [
        ("id", pa.int64()),
        ("fan_id", pa.int64()),
        ("commitment", pa.string()),
        ("stratum", pa.string()),
        ("reason", pa.string()),
        *((key, pa.int64()) for key in INPUTS),
    ]
)


def freeze(name: str, *, actor_id: int | None = None) -> None:
    """Fix the entries for ever. Again does nothing."""
    if any(_asked(definition_of(offer_row(name)))):
        refresh()
    with transaction.atomic():
        row = locked(name)
        if row.state in (State.FROZEN, State.DRAWN, State.CLOSED):
            return
        offer = definition_of(row)
        _may_freeze(row, offer)
        judged = _judge(row, offer)
        taking_part = judged.filter(pc.equal(judged["reason"], ""))
        if not taking_part.num_rows:
            raise Refused(_("nobody takes part in “%(name)s”: there is nothing to freeze", name=name))
        frozen = sets.with_leaves(taking_part, row.rules_hash, [one.key for one in offer.inputs])
        tree = exact.levels(sets.joined(frozen["leaf"]))
        _write_entries(row, judged, frozen)
        _write_tree(row, tree)
        row.root, row.frozen_entries, row.state = tree[-1].hex(), frozen.num_rows, State.FROZEN
        target = _aim(row, offer)
        row.save()
        if target:
            append("freeze", name, _published(row, offer, judged, frozen) | {"target": target})
        else:
            append(
                "note",
                name,
                {"text": f"{row.frozen_entries} entries frozen for a {row.method}, root {row.root}"},
            )
        audit(actor_id, "rewards.freeze", f"offer:{name}", {"root": row.root, "entries": frozen.num_rows})


def _asked(offer: OfferDefinition) -> tuple[str, ...]:
    return (offer.audience, *offer.excluded.values())


def _may_freeze(row: Offer, offer: OfferDefinition) -> None:
    now = clock.now()
    if row.method in AT_ONCE:
        raise Refused(_("“%(name)s” answers at once: there is nothing to freeze", name=row.name))
    if row.state != State.OPEN:
        raise Refused(_("“%(name)s” is not open", name=row.name))
    ends = max(offer.closes_at, offer.cutoff_at or offer.closes_at)
    if now < ends:
        raise Refused(_("“%(name)s” takes entries until %(ends)s", name=row.name, ends=exact.instant(ends)))


def _judge(row: Offer, offer: OfferDefinition) -> pa.Table:
    """All entries with their true facts, bands, weight, and the reason of those that are out."""
    entries = _entries(row, offer)
    bands = {one.key: bands_of_all(one, entries[one.key]) for one in offer.inputs}
    reason = entries["reason"]
    for why, text in offer.excluded.items():
        reason = _out(reason, pc.is_in(entries["fan_id"], audience(text).fans["fan_id"]), why)
    if offer.audience:
        inside = pc.is_in(entries["fan_id"], audience(offer.audience).fans["fan_id"])
        reason = _out(reason, pc.invert(inside), NOT_IN_AUDIENCE)
    passed = eligible_of_all(offer, bands, entries.num_rows)
    reason = _out(reason, pc.invert(passed), NOT_ELIGIBLE)
    judged = entries.drop_columns(["reason", *INPUTS]).append_column("reason", reason)
    judged = judged.append_column("weight", weights_of_all(offer.weights, bands, entries.num_rows))
    for key, values in bands.items():
        judged = judged.append_column(key, values)
        judged = judged.append_column(f"true_{key}", entries[key])
    return judged


def _out(reason: pa.ChunkedArray, out: pa.ChunkedArray, why: str) -> pa.ChunkedArray:
    """The first reason stands."""
    return pc.if_else(pc.and_(out, pc.equal(reason, "")), why, reason)


def _entries(row: Offer, offer: OfferDefinition) -> pa.Table:
    """Entries with what each had: at the cut-off, or at her entry where there is none."""
    facts = ", ".join(f"{fact(key)} AS {key}" for key in INPUTS)
    batches = bulk.batches(
        f"SELECT id, fan_id, commitment, stratum, reason, {facts} FROM rewards_entry WHERE offer_id = %s ORDER BY id",
        [row.pk],
        schema=_READ,
    )
    entries = pa.Table.from_batches(batches, _READ)
    if offer.cutoff_at is None:
        return entries
    for one in offer.inputs:
        currency: Currency = "status" if one.key == "status" else "points"
        had = balances_at(offer.cutoff_at, currency)
        place = pc.index_in(entries["fan_id"], had["fan_id"])
        values = pc.fill_null(had["amount"].combine_chunks().take(place), 0)
        entries = entries.set_column(entries.schema.get_field_index(one.key), one.key, values)
    return entries


def _write_entries(row: Offer, judged: pa.Table, frozen: pa.Table) -> None:
    """Weight, facts, leaf and place of who takes part; the reason of who is out."""
    inputs = [key for key in INPUTS if key in frozen.column_names]
    out = judged.filter(pc.not_equal(judged["reason"], ""))
    for table in (frozen, out):
        written = {
            "id": table["id"],
            "weight": table["weight"],
            "reason": table["reason"],
            "bands": _joined(table, inputs),
            "facts": _facts(table, inputs),
        }
        leaves = "leaf" in table.column_names
        if leaves:
            written |= {"leaf": table["leaf"], "leaf_index": table["leaf_index"]}
        with bulk.temp_table(
            "rewards_judged" if leaves else "rewards_out", pa.table(written), index=["id"]
        ) as judgement:
            _update(row, judgement, [key for key in written if key != "id"])


def _update(row: Offer, source: str, columns: list[str]) -> None:
    casts = {"facts": "::jsonb"} if connection.vendor == "postgresql" else {}
    sets_ = ", ".join(f"{key} = j.{key}{casts.get(key, '')}" for key in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE rewards_entry SET {sets_} FROM {source} j WHERE rewards_entry.id = j.id AND offer_id = %s",
            [row.pk],
        )


def _joined(table: pa.Table, inputs: list[str]) -> pa.ChunkedArray:
    texts = [table[key].cast(pa.string()) for key in inputs]
    if not texts:
        return pa.chunked_array([pa.repeat(pa.scalar(""), table.num_rows)])
    return pc.binary_join_element_wise(*texts, ",")


def _facts(table: pa.Table, inputs: list[str]) -> pa.ChunkedArray:
    """The true facts as JSON."""
    texts = [
        pc.binary_join_element_wise(f'"{key}": ', table[f"true_{key}"].cast(pa.string()), "")
        for key in inputs
    ]
    if not texts:
        return pa.chunked_array([pa.repeat(pa.scalar("{}"), table.num_rows)])
    inner = pc.binary_join_element_wise(*texts, ", ")
    return pc.binary_join_element_wise("{", inner, "}", "")


def _write_tree(row: Offer, tree: list[bytes]) -> None:
    size = BLOCK * exact.SIZE
    Tree.objects.bulk_create(
        (
            Tree(offer=row, level=level, block=start // size, nodes=nodes[start : start + size])
            for level, nodes in enumerate(tree)
            for start in range(0, len(nodes), size)
        ),
        batch_size=200,
    )


def _aim(row: Offer, offer: OfferDefinition) -> dict[str, Any]:
    """What decides, and not before when; empty where nothing is drawn."""
    now = to_the_second(clock.now())
    if row.method != "draw":
        row.drawable_at = now
        return {}
    earliest = max(offer.closes_at + timedelta(seconds=offer.randomness.margin), now + AHEAD)
    if offer.randomness.source == "reveal":
        row.drawable_at = earliest
        return {"source": "reveal", "not_before": exact.instant(earliest)}
    row.round = QUICKNET.first_round_from(earliest)
    row.drawable_at = QUICKNET.time_of(row.round)
    return {"source": "drand", "round": row.round}


def _published(row: Offer, offer: OfferDefinition, judged: pa.Table, frozen: pa.Table) -> dict[str, Any]:
    parts = frozen.group_by("stratum").aggregate([("id", "count"), ("weight", "sum")]).to_pylist()
    counted = {part["stratum"]: (part["id_count"], part["weight_sum"]) for part in parts}
    strata = []
    for stratum in offer.strata:
        entries, tickets = counted.get(stratum.key, (0, 0))
        strata.append({"key": stratum.key, "entries": entries, "tickets": tickets})
    out = judged.group_by("reason").aggregate([("id", "count")]).to_pylist()
    return {
        "algorithm": FORMAT,
        "rules_hash": row.rules_hash,
        "root": row.root,
        "entries": frozen.num_rows,
        "tickets": pc.sum(frozen["weight"]).as_py(),
        "strata": strata,
        "excluded": {one["reason"]: one["id_count"] for one in out if one["reason"]},
    }
