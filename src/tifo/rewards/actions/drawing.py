"""The order of all entries, from the frozen tree and the randomness that was named beforehand; nothing here asks a clock,
a random number or a database for an order."""

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
from django.db import connection, transaction

from tifo.accounts.public import audit
from tifo.kernel.public import Refused, bulk, clock, crash_point
from tifo.kernel.public import sentence as _
from tifo.rewards.actions.awarding import offer_winners
from tifo.rewards.actions.log import append
from tifo.rewards.actions.offers import locked
from tifo.rewards.actions.stock import hold_all
from tifo.rewards.models import Offer
from tifo.rewards.queries import definition_of
from tifo.rewards.rules import exact, sets
from tifo.rewards.rules.beacon import QUICKNET, randomness
from tifo.rewards.types import OfferDefinition, Party, State

_FROZEN = pa.schema(
    [
        ("id", pa.int64()),
        ("leaf", pa.binary()),
        ("leaf_index", pa.int64()),
        ("stratum", pa.string()),
        ("weight", pa.int64()),
    ]
)
_RANKED = "rewards_ranked"


@dataclass(frozen=True)
class Beacon:
    """What was handed in: the signature of a round, or the parties' secrets by name."""

    signature: str = ""
    secrets: Mapping[str, str] | None = None


def draw(name: str, beacon: Beacon, *, actor_id: int | None = None) -> None:
    """Fix the order, once. Again does nothing: there is no second draw."""
    with transaction.atomic():
        row = locked(name)
        if row.state in (State.DRAWN, State.CLOSED):
            return
        if row.state != State.FROZEN or row.method != "draw" or row.root is None:
            raise Refused(_("“%(name)s” is not frozen: freeze it first", name=name))
        offer = definition_of(row)
        _may_draw(row)
        hold_all([row.pk])
        random = (
            _by_secrets(row, offer, beacon) if beacon.secrets is not None else _by_round(row, offer, beacon)
        )
        seed = exact.seed(row.rules_hash, row.root, random)
        ranked = sets.ranked(_frozen(row), seed)
        row.seed, row.order = seed.hex(), _order(ranked, offer)
        _write_ranks(row, ranked)
        row.state = State.DRAWN
        row.save()
        crash_point("rewards.drawn")
        append(
            "drawn",
            name,
            {"rules_hash": row.rules_hash, "root": row.root, "seed": row.seed, "order": row.order},
        )
        offer_winners(row, offer)
        audit(actor_id, "rewards.draw", f"offer:{name}", {"seed": row.seed})


def _may_draw(row: Offer) -> None:
    if row.drawable_at is None or clock.now() < row.drawable_at:
        at = exact.instant(row.drawable_at) if row.drawable_at else ""
        raise Refused(_("“%(name)s” can be drawn from %(at)s on", name=row.name, at=at))


def _by_round(row: Offer, offer: OfferDefinition, beacon: Beacon) -> bytes:
    if offer.randomness.source != "drand" or row.round is None:
        raise Refused(_("“%(name)s” is drawn by its parties' secrets, not by a beacon", name=row.name))
    random = randomness(QUICKNET, row.round, beacon.signature)
    row.beacon = {
        "source": "drand",
        "round": row.round,
        "signature": beacon.signature,
        "randomness": random.hex(),
    }
    return random


def _by_secrets(row: Offer, offer: OfferDefinition, beacon: Beacon) -> bytes:
    """All parties of the rules, or of the declared fall-back once it was said that the round can't be had."""
    parties = _parties(row, offer)
    secrets = [_secret(party, beacon.secrets or {}) for party in parties]
    for party, secret in zip(parties, secrets, strict=True):
        append("reveal", row.name, {"party": party.name, "secret": secret.hex()})
    random = exact.revealed(secrets)
    row.beacon = {
        "source": "reveal",
        "secrets": [secret.hex() for secret in secrets],
        "randomness": random.hex(),
    }
    return random


def _parties(row: Offer, offer: OfferDefinition) -> tuple[Party, ...]:
    said = offer.randomness
    if said.source == "reveal":
        return said.parties
    if said.fallback is None:
        raise Refused(_("“%(name)s” has no fall-back: only its round of the beacon decides", name=row.name))
    waited = int((clock.now() - QUICKNET.time_of(row.round or 1)).total_seconds())
    if waited < said.fallback.after:
        raise Refused(
            _(
                "the fall-back may be used %(after)s seconds after the round, and it is %(waited)s",
                after=f"{said.fallback.after:,}",
                waited=f"{waited:,}",
            )
        )
    append("fallback", row.name, {"round": row.round, "reason": "unreachable"})
    return said.fallback.parties


def _secret(party: Party, given: Mapping[str, str]) -> bytes:
    try:
        secret = bytes.fromhex(given[party.name])
    except (KeyError, ValueError, TypeError):
        secret = b""
    if len(secret) != exact.SIZE or exact.sha(secret).hex() != party.commitment:
        raise Refused(
            _("the secret of “%(party)s” is missing, or is not the one committed to", party=party.name)
        )
    return secret


def _frozen(row: Offer) -> pa.Table:
    batches = bulk.batches(
        "SELECT id, leaf, leaf_index, stratum, weight FROM rewards_entry "
        "WHERE offer_id = %s AND leaf_index IS NOT NULL ORDER BY leaf_index",
        [row.pk],
        schema=_FROZEN,
    )
    return pa.Table.from_batches(batches, _FROZEN)


def _order(ranked: pa.Table, offer: OfferDefinition) -> str:
    """All leaves by rank, stratum after stratum as the rules have them."""
    parts = (ranked.filter(pc.equal(ranked["stratum"], one.key)) for one in offer.strata)
    return exact.sha(*(sets.joined(part["leaf"]) for part in parts)).hex()


def _write_ranks(row: Offer, ranked: pa.Table) -> None:
    ranks = ranked.select(["id", "rank"])
    with bulk.temp_table(_RANKED, ranks, index=["id"]) as source, connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE rewards_entry SET rank = r.rank FROM {source} r WHERE rewards_entry.id = r.id AND offer_id = %s",
            [row.pk],
        )
