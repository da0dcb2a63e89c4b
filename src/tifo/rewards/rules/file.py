"""The offer file: read with the place of every mistake, and written back the same."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from yaml.nodes import Node

from tifo.kernel.public import marked
from tifo.rewards.rules.jurisdictions import BY_CHANCE, JURISDICTIONS
from tifo.rewards.types import (
    AT_ONCE,
    INPUTS,
    METHODS,
    NO_STRATA,
    Bound,
    Fallback,
    Input,
    More,
    OfferDefinition,
    Party,
    Randomness,
    Stratum,
    Weights,
)

WHAT = "an offer file"
RESERVED = frozenset({"check", "verifier", "log", "new", "build", "look"})
"""Words that the pages' addresses need for themselves."""
GENDERS = ("female", "male", "other")
LONGEST_TEXT, MOST_PLACES = 100_000, 10_000_000
_TOP = (
    "offer", "method", "title", "lead", "terms", "question", "criteria", "opens", "closes", "cutoff", "audience",
    "exclude", "places", "strata", "inputs", "eligible", "weights", "randomness", "age", "claim_days", "price",
    "jurisdiction",
)  # fmt: skip
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,58}[a-z0-9])?")
_BOUND = re.compile(r"([a-z]+) *(>=|<=|==) *([0-9]{1,15})")
_HASH = re.compile(r"[0-9a-f]{64}")


def read_offer_file(source: str) -> OfferDefinition:
    """The definition that an offer file holds; Refused names line, column and mend."""
    root = marked.compose(source, WHAT, "offer: a-name")
    found = marked.fields(root, _TOP, WHAT)
    method = marked.choice(found["method"], METHODS, "`method`") if "method" in found else "draw"
    opens, closes = (
        _moment(marked.needed(found, key, root, WHAT), f"`{key}`") for key in ("opens", "closes")
    )
    if opens >= closes:
        raise marked.refuse(found["closes"], "`closes` must come after `opens`")
    inputs = tuple(_inputs(found["inputs"])) if "inputs" in found else ()
    known = {one.key: one for one in inputs}
    offer = OfferDefinition(
        name=_offer_name(marked.needed(found, "offer", root, WHAT)),
        method=method,
        titles=_texts(marked.needed(found, "title", root, WHAT), "the title", 200),
        leads=_texts(found["lead"], "the lead", 2_000) if "lead" in found else {},
        terms=_texts(marked.needed(found, "terms", root, WHAT), "the terms", LONGEST_TEXT),
        questions=_texts(found["question"], "the question", 2_000) if "question" in found else {},
        criteria=marked.names(found["criteria"], "a criterion") if "criteria" in found else (),
        opens_at=opens,
        closes_at=closes,
        cutoff_at=_moment(found["cutoff"], "`cutoff`") if "cutoff" in found else None,
        audience=marked.text(found["audience"], "`audience`") if "audience" in found else "",
        excluded=_excluded(found["exclude"]) if "exclude" in found else {},
        strata=_strata(root, found),
        inputs=inputs,
        eligible=tuple(_bounds(found["eligible"], known)) if "eligible" in found else (),
        weights=_weights(found["weights"], known) if "weights" in found else None,
        randomness=_randomness(found["randomness"]) if "randomness" in found else Randomness(),
        age=marked.whole(found["age"], "`age`", most=120) if "age" in found else 0,
        claim_days=marked.whole(found["claim_days"], "`claim_days`", most=365)
        if "claim_days" in found
        else 14,
        price=marked.whole(found["price"], "`price`", most=10**8) if "price" in found else 0,
        jurisdiction=marked.choice(found["jurisdiction"], tuple(JURISDICTIONS), "`jurisdiction`")
        if "jurisdiction" in found
        else "",
    )
    _agree(found, offer)
    return offer


def _agree(found: Mapping[str, Node], offer: OfferDefinition) -> None:
    """What one line says has to fit the others."""
    if offer.method in AT_ONCE and "weights" in found:
        raise marked.refuse(found["weights"], f"`{offer.method}` knows no tickets; take `weights` out")
    if offer.method != "draw" and "randomness" in found:
        raise marked.refuse(found["randomness"], "only a draw needs randomness; take it out")
    if offer.price and offer.method not in ("first-come", "window"):
        raise marked.refuse(found["price"], "only `first-come` and `window` may cost points: a draw is free")
    if offer.method == "ranking" and not offer.inputs:
        raise marked.refuse(found["method"], "a ranking needs `inputs`; it ranks by the first of them")
    if offer.method == "jury" and not (offer.questions and offer.criteria):
        raise marked.refuse(found["method"], "a jury needs a `question` and `criteria`, e.g. [style, idea]")
    if offer.method in BY_CHANCE and offer.jurisdiction and not JURISDICTIONS[offer.jurisdiction].chance:
        raise marked.refuse(
            found["jurisdiction"],
            f"chance may not decide in {offer.jurisdiction}; let a jury or a ranking decide",
        )
    if offer.terms.keys() != offer.titles.keys():
        raise marked.refuse(found["terms"], "the terms must be there in the languages of the title")


def _offer_name(node: Node) -> str:
    said = _name(node, "the offer's name")
    if said in RESERVED:
        raise marked.refuse(node, f"{said!r} is an address of its own; take another name")
    return said


def _name(node: Node, what: str) -> str:
    said = marked.name(node, what)
    if not _NAME.fullmatch(said):
        raise marked.refuse(node, f"{what} may have 60 characters at most")
    return said


def _moment(node: Node, what: str) -> datetime:
    return marked.moment(node, what).replace(microsecond=0)


def _texts(node: Node, what: str, most: int) -> dict[str, str]:
    said = marked.texts(node, what)
    if any(len(one) > most or not one.strip() for one in said.values()):
        raise marked.refuse(node, f"{what} needs words, at most {most:,} characters in each language")
    return said


def _excluded(node: Node) -> dict[str, str]:
    listed = marked.pairs(node, "`exclude` must be a list of `reason: audience`")
    return {_name(key, "the reason"): marked.text(value, f"who is {said}") for key, said, value in listed}


def _strata(root: Node, found: Mapping[str, Node]) -> tuple[Stratum, ...]:
    if ("places" in found) == ("strata" in found):
        raise marked.refuse(root, "an offer file needs `places` or `strata`, one of the two")
    if "places" in found:
        return (Stratum(NO_STRATA, marked.whole(found["places"], "`places`", most=MOST_PLACES)),)
    nodes = marked.items(found["strata"], "`strata` must be a list, e.g. - {key: women, places: 25}")
    if not 1 <= len(nodes) <= 100:
        raise marked.refuse(found["strata"], "there can be 1 to 100 strata")
    strata = tuple(_stratum(node) for node in nodes)
    marked.once(nodes, [stratum.key for stratum in strata], "stratum")
    return strata


def _stratum(node: Node) -> Stratum:
    found = marked.fields(node, ("key", "places", "name", "genders", "countries"), "a stratum")
    key = _name(marked.needed(found, "key", node, "a stratum"), "the stratum's key")
    places = marked.whole(
        marked.needed(found, "places", node, f"stratum {key}"), f"the places of {key}", most=MOST_PLACES
    )
    genders = marked.items(found["genders"], "`genders` must be a list") if "genders" in found else ()
    countries = marked.items(found["countries"], "`countries` must be a list") if "countries" in found else ()
    return Stratum(
        key,
        places,
        marked.texts(found["name"], f"the name of {key}") if "name" in found else {},
        tuple(marked.choice(one, GENDERS, "gender") for one in genders),
        tuple(_country(one) for one in countries),
    )


def _country(node: Node) -> str:
    said = marked.text(node, "a country")
    if not re.fullmatch("[A-Z]{2}", said):
        raise marked.refuse(node, f"{said[:20]!r} is no country's two letters, e.g. FR")
    return said


def _inputs(node: Node) -> Sequence[Input]:
    found = []
    for key, said, value in marked.pairs(node, "`inputs` must be e.g. {points: [0, 1000]}"):
        if said not in INPUTS:
            raise marked.refuse(key, f"there is no input `{said}`; {marked.meant(said, INPUTS)}")
        bands = tuple(_figure(one) for one in marked.items(value, f"the bands of {said} must be a list"))
        if not 1 <= len(bands) <= 100 or list(bands) != sorted(set(bands)):
            raise marked.refuse(value, f"the bands of {said} must rise, 1 to 100 of them, e.g. [0, 1000]")
        found.append(Input(said, bands))
    return found


def _figure(node: Node) -> int:
    said = marked.text(node, "a band")
    if not re.fullmatch("[0-9]{1,15}", said):
        raise marked.refuse(node, "a band must be a whole number")
    return int(said)


def _bounds(node: Node, inputs: Mapping[str, Input]) -> Sequence[Bound]:
    found = []
    for one in marked.items(node, "`eligible` must be a list, e.g. [points >= 1000]"):
        said = _BOUND.fullmatch(marked.text(one, "a bound"))
        if said is None:
            raise marked.refuse(one, "a bound must read e.g. points >= 1000")
        key, operator, value = said.group(1), said.group(2), int(said.group(3))
        _is_band(one, key, value, inputs)
        found.append(Bound(key, operator, value))
    return found


def _is_band(node: Node, key: str, value: int, inputs: Mapping[str, Input]) -> None:
    if key not in inputs:
        raise marked.refuse(node, f"`{key}` is not among `inputs`")
    if value not in inputs[key].bands:
        raise marked.refuse(node, f"{value} is not among the bands of {key}; add it there")


def _weights(node: Node, inputs: Mapping[str, Input]) -> Weights:
    found = marked.fields(node, ("cap", *INPUTS), "`weights`")
    cap = marked.whole(marked.needed(found, "cap", node, "`weights`"), "`cap`", least=1, most=1000)
    return Weights(cap, tuple(_more(found[key], key, inputs) for key in INPUTS if key in found))


def _more(node: Node, key: str, inputs: Mapping[str, Input]) -> More:
    steps: list[tuple[int, int]] = []
    for least, said, tickets in marked.pairs(node, f"the weights of {key} must be e.g. {{1000: 1}}"):
        if not re.fullmatch("[0-9]{1,15}", said):
            raise marked.refuse(least, "a step must be a whole number")
        _is_band(least, key, int(said), inputs)
        steps.append((int(said), marked.whole(tickets, "more tickets", most=1000)))
    if not steps or steps != sorted(steps):
        raise marked.refuse(node, f"the steps of {key} must rise")
    return More(key, tuple(steps))


def _randomness(node: Node) -> Randomness:
    found = marked.fields(node, ("source", "margin", "parties", "fallback"), "`randomness`")
    source = marked.choice(
        marked.needed(found, "source", node, "`randomness`"), ("drand", "reveal"), "`source`"
    )
    margin = marked.whole(found["margin"], "`margin`", least=60, most=10**8) if "margin" in found else 1800
    if source == "reveal":
        if "fallback" in found:
            raise marked.refuse(found["fallback"], "only `drand` has a fall-back")
        return Randomness(source, margin, _parties(marked.needed(found, "parties", node, "`reveal`")))
    if "parties" in found:
        raise marked.refuse(found["parties"], "the parties of `drand` stand below `fallback`")
    return Randomness(source, margin, (), _fallback(found["fallback"]) if "fallback" in found else None)


def _fallback(node: Node) -> Fallback:
    found = marked.fields(node, ("after", "parties"), "`fallback`")
    after = marked.whole(marked.needed(found, "after", node, "`fallback`"), "`after`", least=3600, most=10**8)
    return Fallback(after, _parties(marked.needed(found, "parties", node, "`fallback`")))


def _parties(node: Node) -> tuple[Party, ...]:
    found = []
    for key, _said, value in marked.pairs(node, "`parties` must be a list of `name: SHA-256 of the secret`"):
        commitment = marked.text(value, "a commitment")
        if not _HASH.fullmatch(commitment):
            raise marked.refuse(
                value, "a commitment is the SHA-256 of 32 secret bytes, in 64 small hex digits"
            )
        found.append(Party(_name(key, "the party's name"), commitment))
    if not 1 <= len(found) <= 20 or len({party.commitment for party in found}) < len(found):
        raise marked.refuse(node, "there must be 1 to 20 parties, each with a secret of its own")
    return tuple(found)


def write_offer_file(offer: OfferDefinition) -> str:
    """The file of a definition; reading it gives the same definition."""
    said: dict[str, Any] = {"offer": offer.name, "method": offer.method, "title": dict(offer.titles)}
    for key, value in (
        ("lead", dict(offer.leads)),
        ("terms", dict(offer.terms)),
        ("question", dict(offer.questions)),
        ("criteria", list(offer.criteria)),
        ("opens", offer.opens_at.isoformat()),
        ("closes", offer.closes_at.isoformat()),
        ("cutoff", offer.cutoff_at and offer.cutoff_at.isoformat()),
        ("audience", offer.audience),
        ("exclude", dict(offer.excluded)),
        ("inputs", {one.key: list(one.bands) for one in offer.inputs}),
        ("eligible", [str(bound) for bound in offer.eligible]),
    ):
        if value:
            said[key] = value
    if offer.strata == (Stratum(NO_STRATA, offer.places),):
        said["places"] = offer.places
    else:
        said["strata"] = [_written_stratum(stratum) for stratum in offer.strata]
    if offer.weights:
        said["weights"] = {"cap": offer.weights.cap, **{m.key: dict(m.steps) for m in offer.weights.add}}
    if offer.method == "draw":
        said["randomness"] = _written_randomness(offer.randomness)
    said |= {"age": offer.age, "claim_days": offer.claim_days}
    if offer.price:
        said["price"] = offer.price
    if offer.jurisdiction:
        said["jurisdiction"] = offer.jurisdiction
    return marked.write(said)


def _written_stratum(stratum: Stratum) -> dict[str, Any]:
    said: dict[str, Any] = {"key": stratum.key, "places": stratum.places}
    for key, value in (
        ("name", dict(stratum.names)),
        ("genders", list(stratum.genders)),
        ("countries", list(stratum.countries)),
    ):
        if value:
            said[key] = value
    return said


def _written_randomness(randomness: Randomness) -> dict[str, Any]:
    said: dict[str, Any] = {"source": randomness.source, "margin": randomness.margin}
    if randomness.parties:
        said["parties"] = {party.name: party.commitment for party in randomness.parties}
    if randomness.fallback:
        parties = {party.name: party.commitment for party in randomness.fallback.parties}
        said["fallback"] = {"after": randomness.fallback.after, "parties": parties}
    return said
