"""The rules object of an offer, whose hash is published before entries close."""

from typing import Any

from tifo.rewards.rules.beacon import QUICKNET
from tifo.rewards.rules.exact import instant, sha
from tifo.rewards.types import FORMAT, OfferDefinition, Party, Randomness, Weights


def rules_of(offer: OfferDefinition, version: int) -> dict[str, Any]:
    """What docs/reference/draw.md calls rules."""
    return {
        "format": FORMAT,
        "offer": offer.name,
        "version": version,
        "opens_at": instant(offer.opens_at),
        "closes_at": instant(offer.closes_at),
        "cutoff_at": instant(offer.cutoff_at) if offer.cutoff_at else None,
        "strata": [{"key": stratum.key, "places": stratum.places} for stratum in offer.strata],
        "inputs": [{"key": one.key, "bands": list(one.bands)} for one in offer.inputs],
        "eligibility": [[bound.key, bound.operator, bound.value] for bound in offer.eligible],
        "weights": _weights(offer.weights),
        "randomness": _randomness(offer.randomness),
        "texts": {language: sha(text.encode()).hex() for language, text in offer.terms.items()},
    }


def _weights(weights: Weights | None) -> dict[str, Any] | None:
    if weights is None:
        return None
    add = [{"input": more.key, "steps": [list(step) for step in more.steps]} for more in weights.add]
    return {"cap": weights.cap, "add": add}


def _randomness(said: Randomness) -> dict[str, Any]:
    if said.source == "reveal":
        return {"source": "reveal", "margin": said.margin, "parties": _parties(said.parties)}
    fallback = said.fallback and {"after": said.fallback.after, "parties": _parties(said.fallback.parties)}
    return {"source": "drand", "chain_hash": QUICKNET.hash, "margin": said.margin, "fallback": fallback}


def _parties(parties: tuple[Party, ...]) -> list[dict[str, str]]:
    return [{"name": party.name, "commitment": party.commitment} for party in parties]
