#!/usr/bin/env python3
"""Check a draw made by tifo, without tifo: one file, Python 3.10 or later, its standard library and `pip install py-ecc`.

    python verify_draw.py TRANSCRIPT [--head HASH] [--root HASH] [--rules-hash HASH] [--log FILE] [--receipt FILE] [--chain HASH]

It computes everything anew: the rules' hash, each entry's leaf, eligibility and weight, the Merkle root, the log's chain of hashes, the
beacon's signature, the order, the winners, and the awards that followed. It ends with 0 only if all of it holds; 1: something does not;
2: a file cannot be read; 3: py-ecc is missing. Written from docs/reference/draw.md alone; format tifo-draw/1.
"""

import argparse
import calendar
import hashlib
import hmac
import json
import re
import struct
import sys
import time
from itertools import pairwise

FORMAT = "tifo-draw/1"
QUICKNET = {
    "hash": "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971",
    "public_key": "83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c"
    "8c4b450b6a0a6c3ac6a5776a2d1064510d1fec758c921cc22b0e17e63aaf4bcb"
    "5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a",
    "period": 3,
    "genesis": 1692803367,
    "group_hash": "f477d5c89f21a17c863a7f937c6a6d15859414d2be09cd448d4279af331c5d3e",
    "beacon_id": "quicknet",
}
TAG = b"BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_"
NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,58}[a-z0-9])?")
HEX = re.compile(r"[0-9a-f]+")
INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
MOST = 2**53 - 1


class Wrong(Exception):  # noqa: N818
    """Something does not hold; the text says where and what."""


class Unreadable(Exception):  # noqa: N818
    """A file is no JSON of this format at all."""


class Missing(Exception):  # noqa: N818
    """py-ecc is not installed."""


class NotReached(Exception):  # noqa: N818
    """A step needs what an earlier one did not find."""


def shown(value):
    text = ascii(value)
    return text if len(text) <= 100 else f"{text[:97]}..."


def need(holds, where, what):
    if not holds:
        raise Wrong(f"{where}: {what}")


# --- ground rules -------------------------------------------------------------------------------------------


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def canonical(value):
    try:
        return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    except (UnicodeEncodeError, RecursionError):
        raise Wrong(f"{shown(value)} has no canonical form") from None


def hash_of(value):
    return sha(canonical(value)).hex()


def _once(pairs):
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Unreadable("a key stands twice in one object")
    if not all(key.isascii() for key in found):
        raise Unreadable("a key is not ASCII")
    return found


def _no_fraction(text):
    raise Unreadable(f"{text[:40]} is not an integer: the format has no fractions")


def load(text):
    """JSON as the page allows it: no key twice, no fractions."""
    hooks = {"object_pairs_hook": _once, "parse_float": _no_fraction, "parse_constant": _no_fraction}
    try:
        return json.loads(text, **hooks)
    except (ValueError, RecursionError) as problem:
        raise Unreadable(f"no JSON of this format: {problem}") from None


def fields(value, names, where):
    need(type(value) is dict, where, "is not an object")
    need(set(value) == set(names), where, f"has the fields {shown(sorted(value))}, not {sorted(names)}")
    return [value[one] for one in names]


def items(value, where, least=0, most=MOST):
    need(type(value) is list, where, "is not a list")
    need(least <= len(value) <= most, where, f"has {len(value)} elements, not {least} to {most}")
    return value


def whole(value, where, low=-MOST, high=MOST):
    if type(value) is not int or not low <= value <= high:
        raise Wrong(f"{where}: {shown(value)} is not an integer from {low} to {high}")
    return value


def name(value, where):
    need(type(value) is str and NAME.fullmatch(value), where, f"{shown(value)} is not a name")
    return value


def hexed(value, where, size=32):
    if type(value) is not str or len(value) != 2 * size or not HEX.fullmatch(value):
        raise Wrong(f"{where}: {shown(value)} is not {size} bytes in lower-case hexadecimal")
    return bytes.fromhex(value)


def instant(value, where):
    need(type(value) is str and INSTANT.fullmatch(value), where, f"{shown(value)} is not an instant")
    try:
        at = time.strptime(value, "%Y-%m-%dT%H:%M:%SZ")
    except ValueError:
        raise Wrong(f"{where}: {value} is not an instant") from None
    need(at.tm_sec < 60, where, f"{value} is not an instant")
    return calendar.timegm(at)


def same(found, expected, where):
    alike = type(found) is type(expected) and found == expected
    need(alike, where, f"is {shown(found)}, but must be {shown(expected)}")


# --- rules --------------------------------------------------------------------------------------------------


def check_parties(value, where):
    for number, party in enumerate(items(value, where, 1, 20)):
        who, commitment = fields(party, ("name", "commitment"), f"{where}[{number}]")
        name(who, f"{where}[{number}].name")
        hexed(commitment, f"{where}[{number}].commitment")
    for one in ("name", "commitment"):
        need(len({party[one] for party in value}) == len(value), where, f"two parties have one {one}")


def check_randomness(value):
    where = "rules.randomness"
    need(type(value) is dict, where, "is not an object")
    if value.get("source") == "reveal":
        _, margin, parties = fields(value, ("source", "margin", "parties"), where)
        check_parties(parties, f"{where}.parties")
    else:
        source, chain, margin, fallback = fields(value, ("source", "chain_hash", "margin", "fallback"), where)
        same(source, "drand", f"{where}.source")
        hexed(chain, f"{where}.chain_hash")
        if fallback is not None:
            after, parties = fields(fallback, ("after", "parties"), f"{where}.fallback")
            whole(after, f"{where}.fallback.after", 3600)
            check_parties(parties, f"{where}.fallback.parties")
    whole(margin, f"{where}.margin", 60)


def bands_of(inputs):
    bands = {}
    for number, one in enumerate(items(inputs, "rules.inputs", 0, 20)):
        where = f"rules.inputs[{number}]"
        key, values = fields(one, ("key", "bands"), where)
        need(name(key, f"{where}.key") not in bands, where, f"{key} stands twice")
        for value in items(values, f"{where}.bands", 1, 100):
            whole(value, f"{where}.bands")
        need(all(a < b for a, b in pairwise(values)), f"{where}.bands", "do not ascend")
        bands[key] = values
    return bands


def check_weights(weights, bands):
    cap, adds = fields(weights, ("cap", "add"), "rules.weights")
    whole(cap, "rules.weights.cap", 1, 1000)
    for number, add in enumerate(items(adds, "rules.weights.add", 0, 20)):
        where = f"rules.weights.add[{number}]"
        key, steps = fields(add, ("input", "steps"), where)
        need(type(key) is str and key in bands, f"{where}.input", f"{shown(key)} is not an input")
        for step in items(steps, f"{where}.steps", 1, 100):
            at_least, more = items(step, f"{where}.steps", 2, 2)
            need(type(at_least) is int and at_least in bands[key], where, f"{shown(at_least)} is not a band")
            whole(more, f"{where}.steps", 0, 1000)
        need(all(a[0] < b[0] for a, b in pairwise(steps)), f"{where}.steps", "do not ascend")


SIGNS = {">=": lambda a, b: a >= b, "<=": lambda a, b: a <= b, "==": lambda a, b: a == b}


class Rules:
    """The rules, checked field by field, and what follows from them."""

    def __init__(self, value):
        names = "format offer version opens_at closes_at cutoff_at strata inputs eligibility weights randomness texts"
        fields(value, names.split(), "rules")
        same(value["format"], FORMAT, "rules.format")
        self.offer = name(value["offer"], "rules.offer")
        self.version = whole(value["version"], "rules.version", 1)
        self.closes = instant(value["closes_at"], "rules.closes_at")
        opens = instant(value["opens_at"], "rules.opens_at")
        need(opens <= self.closes, "rules.opens_at", "is after closes_at")
        cutoff = value["cutoff_at"]
        self.cutoff = self.closes if cutoff is None else instant(cutoff, "rules.cutoff_at")
        self.places = {}
        for number, stratum in enumerate(items(value["strata"], "rules.strata", 1, 100)):
            where = f"rules.strata[{number}]"
            key, places = fields(stratum, ("key", "places"), where)
            need(name(key, f"{where}.key") not in self.places, where, f"{key} stands twice")
            self.places[key] = whole(places, f"{where}.places", 0)
        self.bands = bands_of(value["inputs"])
        self.conditions = items(value["eligibility"], "rules.eligibility", 0, 100)
        for number, condition in enumerate(self.conditions):
            where = f"rules.eligibility[{number}]"
            key, sign, band = items(condition, where, 3, 3)
            need(type(key) is str and key in self.bands, where, f"{shown(key)} is not an input")
            need(type(sign) is str and sign in SIGNS, where, f"{shown(sign)} is not >=, <= or ==")
            known = type(band) is int and band in self.bands[key]
            need(known, where, f"{shown(band)} is not a band of {key}")
        self.weights = value["weights"]
        if self.weights is not None:
            check_weights(self.weights, self.bands)
        self.randomness = value["randomness"]
        check_randomness(self.randomness)
        need(type(value["texts"]) is dict and value["texts"], "rules.texts", "names no text")
        for language, digest in value["texts"].items():
            need(LANGUAGE.fullmatch(language), "rules.texts", f"{shown(language)} is not a language")
            hexed(digest, f"rules.texts.{language}")
        self.hash = hash_of(value)

    def eligible(self, facts):
        return all(SIGNS[sign](facts[key], band) for key, sign, band in self.conditions)

    def weight(self, facts):
        if self.weights is None:
            return 1
        more = 0
        for add in self.weights["add"]:
            reached = [number for at_least, number in add["steps"] if facts[add["input"]] >= at_least]
            more += reached[-1] if reached else 0
        return min(self.weights["cap"], 1 + more)

    def parties(self):
        source = self.randomness if self.randomness["source"] == "reveal" else self.randomness["fallback"]
        return source["parties"] if source else []


# --- entries ------------------------------------------------------------------------------------------------


def commitment_of(salt, holder):
    return sha(b"tifo-draw/1 entry\x00", salt, holder.encode())


def leaf_of(rules_hash, commitment, stratum, weight, facts):
    text = f"{rules_hash}|{commitment}|{stratum}|{weight}|{','.join(map(str, facts))}"
    return sha(b"\x00", text.encode("ascii"))


def root_of(leaves):
    digest, level = hashlib.sha256, list(leaves)
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2], strict=False)
        above = [digest(b"\x01" + a + b).digest() for a, b in pairs]
        level = above + level[-1:] if len(level) % 2 else above
    return level[0]


def root_by_path(leaf, index, count, path):
    """The root that a path leads to, or None if the path has not the right length."""
    left, here = list(path), leaf
    while count > 1:
        if index % 2 or index + 1 < count:
            if not left:
                return None
            beside = left.pop(0)
            here = sha(b"\x01", beside, here) if index % 2 else sha(b"\x01", here, beside)
        index, count = index // 2, (count + 1) // 2
    return None if left else here


class Entries:
    """All rows, each checked by the rules, and the root of their leaves."""

    def __init__(self, value, rules):
        columns, rows = fields(value, ("columns", "rows"), "entries")
        same(columns, ["commitment", "stratum", "weight", *rules.bands], "entries.columns")
        judged, seen = {}, set()
        self.leaves, self.strata, self.weights = [], [], []
        for number, row in enumerate(items(rows, "entries.rows", 1)):
            where = f"entries.rows[{number}]"
            if type(row) is not list or len(row) != len(columns):
                raise Wrong(f"{where}: is not a list of {len(columns)} elements")
            commitment, stratum, weight, *facts = row
            hexed(commitment, f"{where}.commitment")
            if commitment in seen:
                raise Wrong(f"{where}: an entry stands twice")
            seen.add(commitment)
            if type(stratum) is not str or stratum not in rules.places:
                raise Wrong(f"{where}: {shown(stratum)} is not a stratum")
            if not all(type(fact) is int for fact in facts):
                raise Wrong(f"{where}: a fact is not an integer")
            if tuple(facts) not in judged:
                judged[tuple(facts)] = self.judge(rules, facts, where)
            if type(weight) is not int or weight != judged[tuple(facts)]:
                raise Wrong(f"{where}: weighs {shown(weight)}, by the rules {judged[tuple(facts)]}")
            self.leaves.append(leaf_of(rules.hash, commitment, stratum, weight, facts))
            self.strata.append(stratum)
            self.weights.append(weight)
        for number, (a, b) in enumerate(pairwise(self.leaves), 1):
            if a >= b:
                raise Wrong(f"entries.rows[{number}]: is not in the order of the leaves")
        self.root = root_of(self.leaves).hex()

    @staticmethod
    def judge(rules, facts, where):
        told = dict(zip(rules.bands, facts, strict=True))
        for key, fact in told.items():
            need(fact in rules.bands[key], where, f"{fact} is not a band of {key}")
        need(rules.eligible(told), where, f"is not eligible by the rules: {told}")
        return rules.weight(told)

    def counts(self, rules):
        entries, tickets = dict.fromkeys(rules.places, 0), dict.fromkeys(rules.places, 0)
        for stratum, weight in zip(self.strata, self.weights, strict=True):
            entries[stratum] += 1
            tickets[stratum] += weight
        return [{"key": key, "entries": entries[key], "tickets": tickets[key]} for key in rules.places]


# --- the log ------------------------------------------------------------------------------------------------


def check_chain(log, where):
    """Each entry's hash follows from itself and the one before: nothing in it can be other than it was."""
    names = ["number", "at", "kind", "offer", "body", "previous", "hash"]
    last, then = "0" * 64, None
    for number, entry in enumerate(items(log, where, 1), 1):
        here = f"{where}[{number - 1}]"
        count, at, kind, offer, body, previous, digest = fields(entry, names, here)
        same(count, number, f"{here}.number")
        now = instant(at, f"{here}.at")
        need(then is None or now >= then, f"{here}.at", "goes back in time")
        name(kind, f"{here}.kind")
        name(offer, f"{here}.offer")
        need(type(body) is dict, f"{here}.body", "is not an object")
        same(previous, last, f"{here}.previous")
        same(digest, hash_of({key: entry[key] for key in names if key != "hash"}), f"{here}.hash")
        last, then = digest, now


def longer(mine, published):
    """The transcript's log and the published one agree as far as both go; the longer one is used."""
    for a, b in zip(mine, published, strict=False):
        need(a["hash"] == b["hash"], f"log[{a['number'] - 1}]", "differs from the published log")
    return mine if len(mine) >= len(published) else published


class Story:
    """What the log says of one offer, in its order."""

    def __init__(self, log, offer):
        self.offer, self.log = offer, log
        self.mine = [entry for entry in log if entry["offer"] == offer]
        for entry in self.mine:
            known = ("rules", "freeze", "fallback", "reveal", "drawn", "awards", "note")
            need(entry["kind"] in known, self.where(entry), "is not a kind of entry")
        self.freeze, self.drawn = self.one("freeze"), self.one("drawn")
        self.fallback = self.one("fallback") if self.of("fallback") else None

    def where(self, entry):
        return f"log[{entry['number'] - 1}] ({entry['kind']})"

    def of(self, kind):
        return [entry for entry in self.mine if entry["kind"] == kind]

    def one(self, kind):
        found = self.of(kind)
        need(len(found) == 1, "log", f"has {len(found)} entries {kind!r} for {self.offer}, not exactly one")
        return found[0]


def at_of(entry):
    return instant(entry["at"], "log")


def check_published(story, rules):
    last = None
    for entry in story.of("rules"):
        where = story.where(entry)
        digest, version = fields(entry["body"], ("rules_hash", "version"), where)
        hexed(digest, f"{where}.rules_hash")
        whole(version, f"{where}.version", 1)
        need(last is None or version > last["body"]["version"], where, "its version does not ascend")
        need(entry["number"] < story.freeze["number"], where, "the rules were changed after the freeze")
        last = entry
    need(last is not None, "log", "the rules were never published")
    where = story.where(last)
    same(last["body"]["rules_hash"], rules.hash, f"{where}.rules_hash")
    same(last["body"]["version"], rules.version, f"{where}.version")
    need(at_of(last) <= rules.closes, where, "the rules were published after entries had closed")


def check_freeze(story, rules, entries):
    where, at, body = story.where(story.freeze), at_of(story.freeze), story.freeze["body"]
    fields(
        body, ["algorithm", "rules_hash", "root", "entries", "tickets", "strata", "excluded", "target"], where
    )
    same(body["algorithm"], FORMAT, f"{where}.algorithm")
    same(body["rules_hash"], rules.hash, f"{where}.rules_hash")
    same(body["root"], entries.root, f"{where}.root")
    same(body["entries"], len(entries.leaves), f"{where}.entries")
    same(body["tickets"], sum(entries.weights), f"{where}.tickets")
    same(canonical(body["strata"]), canonical(entries.counts(rules)), f"{where}.strata")
    need(type(body["excluded"]) is dict, f"{where}.excluded", "is not an object")
    for reason, number in body["excluded"].items():
        name(reason, f"{where}.excluded")
        whole(number, f"{where}.excluded.{reason}", 0)
    need(at >= rules.closes, where, "was before entries closed")
    need(at >= rules.cutoff, where, "was before the cut-off")
    for other in story.log:
        if other["kind"] == "freeze" and other is not story.freeze:
            need(
                other["body"].get("root") != body["root"],
                story.where(other),
                "freezes the same root once more",
            )


# --- randomness ---------------------------------------------------------------------------------------------


def chain_hash(chain):
    numbers = struct.pack(">IQ", chain["period"], chain["genesis"])
    return sha(
        numbers, bytes.fromhex(chain["public_key"] + chain["group_hash"]), chain["beacon_id"].encode()
    ).hex()


def chain_for(rules, declared, trusted):
    """The beacon chain that the rules name: known by heart, or declared and trusted by who checks."""
    wanted = rules.randomness.get("chain_hash")
    if wanted is None or wanted == QUICKNET["hash"]:
        need(declared is None, "chain", "must be null for this source")
        return QUICKNET if wanted else None
    fields(declared, tuple(QUICKNET), "chain")
    hexed(declared["public_key"], "chain.public_key", 96)
    hexed(declared["group_hash"], "chain.group_hash")
    whole(declared["period"], "chain.period", 1, 2**32 - 1)
    whole(declared["genesis"], "chain.genesis", 0)
    name(declared["beacon_id"], "chain.beacon_id")
    same(declared["hash"], wanted, "chain.hash")
    same(chain_hash(declared), wanted, "chain")
    doubt = "is not drand's quicknet, and who owns its key knew every round. If you trust it, say --chain and its hash"
    need(wanted in trusted, "chain", f"{wanted} {doubt}")
    return declared


def signed(chain, number, signature):
    """Whether the chain's key signed this round."""
    limit = sys.getrecursionlimit()  # py-ecc raises it to where hostile JSON could end this process
    try:
        from py_ecc.bls.hash_to_curve import hash_to_G1
        from py_ecc.bls.point_compression import decompress_G1, decompress_G2
        from py_ecc.optimized_bls12_381 import G2, curve_order, is_inf, multiply, pairing
    except ImportError:
        raise Missing("the beacon's signature cannot be checked: pip install py-ecc") from None
    finally:
        sys.setrecursionlimit(limit)
    key = bytes.fromhex(chain["public_key"])
    try:
        point = decompress_G1(int.from_bytes(signature, "big"))
        public = decompress_G2((int.from_bytes(key[:48], "big"), int.from_bytes(key[48:], "big")))
    except ValueError:
        return False
    for one in (point, public):
        if is_inf(one) or not is_inf(multiply(one, curve_order)):
            return False
    hashed = hash_to_G1(sha(struct.pack(">Q", number)), TAG, hashlib.sha256)
    return pairing(G2, point) == pairing(public, hashed)


def target_of(story, rules, chain):
    """The round that the freeze names, if it names one, and when the randomness could first be known."""
    where, target = f"{story.where(story.freeze)}.target", story.freeze["body"].get("target")
    if chain is None:
        source, text = fields(target, ("source", "not_before"), where)
        same(source, "reveal", f"{where}.source")
        number, when = None, instant(text, f"{where}.not_before")
    else:
        source, number = fields(target, ("source", "round"), where)
        same(source, "drand", f"{where}.source")
        when = chain["genesis"] + (whole(number, f"{where}.round", 1) - 1) * chain["period"]
    need(when >= rules.closes + rules.randomness["margin"], where, "is too close to the close of entries")
    need(
        when > at_of(story.freeze),
        where,
        "had come when the entries were frozen: the randomness could be known",
    )
    return number, when


def secrets_of(story, rules, since, when):
    """The secrets that the log reveals, in the order of the rules' parties."""
    commitments, secrets = {party["name"]: party["commitment"] for party in rules.parties()}, {}
    for entry in story.of("reveal"):
        where = story.where(entry)
        who, secret = fields(entry["body"], ("party", "secret"), where)
        need(type(who) is str and who in commitments, f"{where}.party", f"{shown(who)} is not a party")
        need(who not in secrets, f"{where}.party", f"{who} reveals a second time")
        digest = sha(hexed(secret, f"{where}.secret")).hex()
        same(digest, commitments[who], f"{where}: the commitment of the secret")
        need(entry["number"] > since["number"] and at_of(entry) >= when, where, "reveals too early")
        need(entry["number"] < story.drawn["number"], where, "comes after the draw")
        secrets[who] = secret
    for who in commitments:
        need(who in secrets, "log", f"{who} has not revealed, so nothing may be drawn")
    return [secrets[who] for who in commitments]


def check_fallback(story, rules, number, when):
    declared, entry = rules.randomness["fallback"], story.fallback
    need(declared is not None, "beacon", "the rules declare no fall-back")
    need(entry is not None, "log", "the log does not say that the round could not be had")
    where = story.where(entry)
    said, reason = fields(entry["body"], ("round", "reason"), where)
    same(said, number, f"{where}.round")
    need(reason in ("unreachable", "invalid"), f"{where}.reason", f"{shown(reason)} is not a reason")
    need(entry["number"] > story.freeze["number"], where, "comes before the freeze")
    need(at_of(entry) >= when + declared["after"], where, "comes sooner than the rules allow")
    return entry, at_of(entry)


def randomness_of(beacon, story, rules, chain):
    """The 32 bytes, and in words where they come from."""
    number, when = target_of(story, rules, chain)
    need(type(beacon) is dict, "beacon", "is not an object")
    if chain is not None and beacon.get("source") == "drand":
        _, said, text, value = fields(beacon, ("source", "round", "signature", "randomness"), "beacon")
        same(said, number, "beacon.round")
        other = story.fallback or story.of("reveal")
        need(not other, "log", "a round was used, yet somebody fell back or revealed")
        signature = hexed(text, "beacon.signature", 48)
        need(signed(chain, number, signature), "beacon.signature", f"is not the chain's of round {number}")
        found, told = (
            sha(signature),
            f"round {number} of drand's chain {chain['hash'][:8]}, signature checked",
        )
    else:
        since = story.freeze
        if chain is not None:
            since, when = check_fallback(story, rules, number, when)
        else:
            need(story.fallback is None, "log", "nothing to fall back from")
        source, secrets, value = fields(beacon, ("source", "secrets", "randomness"), "beacon")
        same(source, "reveal", "beacon.source")
        same(secrets, secrets_of(story, rules, since, when), "beacon.secrets")
        found = sha(b"tifo-draw/1 reveal\x00", *(bytes.fromhex(secret) for secret in secrets))
        told = f"commit and reveal by {', '.join(party['name'] for party in rules.parties())}"
    same(value, found.hex(), "beacon.randomness")
    need(at_of(story.drawn) >= when, story.where(story.drawn), "is before the randomness could be known")
    return found, told


# --- the order, and what followed ---------------------------------------------------------------------------


def score(seed, leaf, weight):
    if weight == 1:
        return hmac.digest(seed, leaf + b"\0\0\0\0", "sha256")
    return min(hmac.digest(seed, leaf + struct.pack(">I", ticket), "sha256") for ticket in range(weight))


def seed_of(rules_hash, root, random):
    return sha(b"tifo-draw/1 seed\x00", bytes.fromhex(rules_hash), bytes.fromhex(root), random)


def ranking_of(entries, rules, seed):
    """For each stratum the entries' indices, best first."""
    ranked = {key: [] for key in rules.places}
    rows = zip(entries.leaves, entries.strata, entries.weights, strict=True)
    for index, (leaf, stratum, weight) in enumerate(rows):
        ranked[stratum].append((score(seed, leaf, weight), leaf, index))
    return {key: [index for _, _, index in sorted(those)] for key, those in ranked.items()}


def check_result(result, story, rules, entries, random):
    seed = seed_of(rules.hash, entries.root, random)
    ranked = ranking_of(entries, rules, seed)
    said_seed, said_order, strata = fields(result, ("seed", "order", "strata"), "result")
    same(said_seed, seed.hex(), "result.seed")
    items(strata, "result.strata", len(ranked), len(ranked))
    for number, (key, expected) in enumerate(ranked.items()):
        where = f"result.strata[{number}]"
        said, winners, ranking = fields(strata[number], ("key", "winners", "ranking"), where)
        same(said, key, f"{where}.key")
        same(winners, min(rules.places[key], len(expected)), f"{where}.winners")
        items(ranking, f"{where}.ranking", len(expected), len(expected))
        for rank, (found, index) in enumerate(zip(ranking, expected, strict=True), 1):
            if type(found) is not int or found != index:
                raise Wrong(f"{where}.ranking: rank {rank} is {shown(found)}, but must be {index}")
    order = sha(*(entries.leaves[index] for those in ranked.values() for index in those)).hex()
    same(said_order, order, "result.order")
    where = story.where(story.drawn)
    expected = {"rules_hash": rules.hash, "root": entries.root, "seed": seed.hex(), "order": order}
    for key, found in zip(expected, fields(story.drawn["body"], tuple(expected), where), strict=True):
        same(found, expected[key], f"{where}.{key}")
    need(story.drawn["number"] > story.freeze["number"], where, "comes before the freeze")
    return ranked


def check_awards(story, rules, ranked):
    """Every forfeit went to the next rank, and no place was given twice."""
    held = {key: min(rules.places[key], len(those)) for key, those in ranked.items()}
    states = {key: dict.fromkeys(range(1, count + 1), "offered") for key, count in held.items()}
    for entry in story.of("awards"):
        where = story.where(entry)
        need(entry["number"] > story.drawn["number"], where, "comes before the draw")
        (changes,) = fields(entry["body"], ("changes",), where)
        for change in items(changes, where, 1):
            key, rank, state = fields(change, ("stratum", "rank", "state"), where)
            need(type(key) is str and key in states, where, f"{shown(key)} is not a stratum")
            whole(rank, where, 1, len(ranked[key]))
            now, following = states[key].get(rank, "not offered"), len(states[key]) + 1
            if state == "offered":
                need(rank == following, where, f"{key}: rank {rank} is offered, but {following} is next")
                need(held[key] < rules.places[key], where, f"{key}: all {rules.places[key]} places are held")
                held[key] += 1
            elif state == "claimed":
                need(now == "offered", where, f"{key}: rank {rank} is {now}, so it cannot be claimed")
            else:
                same(state, "forfeited", f"{where}.state")
                need(now in ("offered", "claimed"), where, f"{key}: rank {rank} is {now}: nothing to forfeit")
                held[key] -= 1
            states[key][rank] = state
    for entry in story.of("note"):
        (text,) = fields(entry["body"], ("text",), story.where(entry))
        need(type(text) is str, story.where(entry), "its text is none")
    return states


# --- a receipt ----------------------------------------------------------------------------------------------


def open_receipt(value):
    """A receipt's own path: the commitment and the leaf, if they lead to its root."""
    names = "format offer rules_hash holder salt stratum weight facts index entries path root head"
    fields(value, names.split(), "receipt")
    same(value["format"], "tifo-receipt/1", "receipt.format")
    name(value["offer"], "receipt.offer")
    name(value["stratum"], "receipt.stratum")
    hexed(value["rules_hash"], "receipt.rules_hash")
    hexed(value["head"], "receipt.head")
    need(type(value["holder"]) is str and value["holder"].isprintable(), "receipt.holder", "is not a text")
    whole(value["weight"], "receipt.weight", 1, 1000)
    for fact in items(value["facts"], "receipt.facts", 0, 20):
        whole(fact, "receipt.facts")
    count = whole(value["entries"], "receipt.entries", 1)
    whole(value["index"], "receipt.index", 0, count - 1)
    siblings = [hexed(one, "receipt.path") for one in items(value["path"], "receipt.path", 0, 64)]
    commitment = commitment_of(hexed(value["salt"], "receipt.salt"), value["holder"]).hex()
    leaf = leaf_of(value["rules_hash"], commitment, value["stratum"], value["weight"], value["facts"])
    found = root_by_path(leaf, value["index"], count, siblings)
    same(found and found.hex(), value["root"], "receipt: the root that the path leads to")
    return leaf


def check_receipt(value, story, rules, entries, ranked):
    leaf = open_receipt(value)
    same(value["offer"], rules.offer, "receipt.offer")
    same(value["rules_hash"], rules.hash, "receipt.rules_hash")
    same(value["root"], entries.root, "receipt.root")
    same(value["head"], story.freeze["hash"], "receipt.head")
    same(value["entries"], len(entries.leaves), "receipt.entries")
    same(entries.leaves[value["index"]], leaf, "receipt: the leaf")
    those = ranked[value["stratum"]]
    rank = those.index(value["index"]) + 1
    told = "drawn" if rank <= rules.places[value["stratum"]] else "on the waiting list"
    return f"entry {value['index']} is yours: rank {rank} of {len(those)} in {value['stratum']}, {told}"


# --- all of it ----------------------------------------------------------------------------------------------


class Report:
    """What was checked and what failed, in order; `good` only if every step was made and held."""

    def __init__(self):
        self.lines, self.notes, self.good, self.missing, self.failed = [], [], True, False, False

    def step(self, title, check):
        """One step; what cannot be done without an earlier one that failed is said, not passed over."""
        try:
            told = check()
        except Wrong as problem:
            self.good, self.failed = False, True
            self.lines.append(f"FAILED  {title}: {problem}")
        except Missing as problem:
            self.good, self.missing = False, True
            self.lines.append(f"MISSING {title}: {problem}")
        except NotReached:
            self.good = False
            self.lines.append(f"        {title}: not checked, because of the above")
        else:
            self.lines.append(f"ok      {title}{': ' if told else ''}{told or ''}")


class Check:
    """A transcript, what is known from elsewhere, and what the steps have found so far."""

    def __init__(self, transcript, log, heads, root, rules_hash, receipt, chains):
        self.transcript, self.published, self.heads, self.root = transcript, log, heads, root
        self.rules_hash, self.receipt, self.chains = rules_hash, receipt, chains
        self.found = {}

    def get(self, *names):
        if not all(one in self.found for one in names):
            raise NotReached
        return [self.found[one] for one in names]

    def form(self):
        fields(
            self.transcript,
            ["format", "rules", "chain", "entries", "beacon", "result", "log", "head"],
            "transcript",
        )
        same(self.transcript["format"], FORMAT, "format")
        self.found["parts"] = self.transcript
        return FORMAT

    def rules(self):
        (parts,) = self.get("parts")
        rules = Rules(parts["rules"])
        if self.rules_hash is not None:
            same(rules.hash, self.rules_hash, "the rules' hash")
        self.found["rules"] = rules
        return f"{rules.offer}, version {rules.version}, hash {rules.hash}"

    def log(self):
        parts, rules = self.get("parts", "rules")
        log = parts["log"]
        check_chain(log, "log")
        same(parts["head"], log[-1]["hash"], "head")
        if self.published is not None:
            check_chain(self.published, "published log")
            log = longer(log, self.published)
        story = Story(log, rules.offer)
        freeze = story.freeze["number"]
        reaches = self.published is None or len(self.published) >= freeze
        need(reaches, "published log", "does not reach to the freeze")
        numbers = {entry["hash"]: entry["number"] for entry in log}
        for head in self.heads:
            need(head in numbers, "log", f"the head {shown(head)} is not in it")
        anchored = self.published is not None or any(numbers[head] >= freeze for head in self.heads)
        self.found.update(story=story, anchored=anchored)
        return f"{len(log)} entries, head {log[-1]['hash']}"

    def published_in_time(self):
        check_published(*self.get("story", "rules"))

    def entries(self):
        parts, rules = self.get("parts", "rules")
        entries = Entries(parts["entries"], rules)
        if self.root is not None:
            same(entries.root, self.root, "the root")
        self.found["entries"] = entries
        return f"{len(entries.leaves)}, each eligible and weighed by the rules, root {entries.root}"

    def frozen(self):
        story, rules, entries = self.get("story", "rules", "entries")
        check_freeze(story, rules, entries)
        self.found["frozen"] = True
        return f"at {story.freeze['at']}, log entry {story.freeze['number']}"

    def randomness(self):
        parts, story, rules = self.get("parts", "story", "rules")
        chain = chain_for(rules, parts["chain"], self.chains)
        self.found["random"], told = randomness_of(parts["beacon"], story, rules, chain)
        return told

    def order(self):
        parts, story, rules, entries, random, _ = self.get(
            "parts", "story", "rules", "entries", "random", "frozen"
        )
        ranked = check_result(parts["result"], story, rules, entries, random)
        self.found["ranked"] = ranked
        drawn = {key: min(rules.places[key], len(those)) for key, those in ranked.items()}
        return "; ".join(f"{key}: {drawn[key]} of {len(those)} drawn" for key, those in ranked.items())

    def awards(self):
        states = check_awards(*self.get("story", "rules", "ranked"))
        count = [state for those in states.values() for state in those.values()]
        return ", ".join(f"{count.count(state)} {state}" for state in ("offered", "claimed", "forfeited"))

    def received(self):
        return check_receipt(self.receipt, *self.get("story", "rules", "entries", "ranked"))

    def notes(self):
        if "story" not in self.found:
            return
        story, rules, anchored = self.get("story", "rules", "anchored")
        if not anchored and self.root is None:
            yield "The log came with the transcript. That it was public before the draw is known only by comparing:"
            yield "give the published log (--log), or a head that you kept (--head). The freeze has the hash"
            yield story.freeze["hash"]
        revealed = story.fallback is not None or rules.randomness["source"] == "reveal"
        if story.fallback is not None:
            yield "Drawn by the declared fall-back: who had the round's signature at that time should object."
        if revealed and len(rules.parties()) == 1:
            yield "One party alone made the randomness: this draw is as honest as that party."


def verify(transcript, *, log=None, heads=(), root=None, rules_hash=None, receipt=None, chains=()):
    """Check a transcript against itself and against what is known from elsewhere."""
    report, check = Report(), Check(transcript, log, heads, root, rules_hash, receipt, chains)
    report.step("format", check.form)
    report.step("rules", check.rules)
    report.step("log, a chain of hashes", check.log)
    report.step("rules published before entries closed", check.published_in_time)
    report.step("entries", check.entries)
    report.step("entries frozen before the randomness existed", check.frozen)
    report.step("randomness", check.randomness)
    report.step("order and winners", check.order)
    report.step("what followed the draw", check.awards)
    if receipt is not None:
        report.step("receipt", check.received)
    report.notes.extend(check.notes())
    return report


def read_log(text):
    if text.lstrip().startswith("["):
        return load(text)
    return [load(line) for line in text.splitlines() if line.strip()]


def read(path):
    try:
        if path == "-":
            return sys.stdin.buffer.read().decode()
        with open(path, encoding="utf-8") as file:  # noqa: PTH123
            return file.read()
    except (OSError, UnicodeDecodeError) as problem:
        raise Unreadable(str(problem)) from None


def main(arguments=None):
    asked = argparse.ArgumentParser(
        prog="verify_draw.py", description="Check a draw made by tifo, without tifo."
    )
    asked.add_argument("transcript", help="the transcript, a JSON file; - for standard input")
    for option, kind, told in (
        ("--log", "FILE", "the published log, as JSON lines or a JSON list"),
        ("--root", "HASH", "the Merkle root that you know"),
        ("--rules-hash", "HASH", "the hash of the rules that you know"),
        ("--receipt", "FILE", "an entrant's receipt"),
    ):
        asked.add_argument(option, metavar=kind, help=told)
    for option, told in (
        ("--head", "a head of the log that you kept"),
        ("--chain", "a drand chain besides quicknet that you trust"),
    ):
        asked.add_argument(option, metavar="HASH", action="append", default=[], help=told)
    said = asked.parse_args(arguments)
    try:
        transcript = load(read(said.transcript))
        log = read_log(read(said.log)) if said.log else None
        receipt = load(read(said.receipt)) if said.receipt else None
    except Unreadable as problem:
        sys.stderr.write(f"cannot be read: {problem}\n")
        return 2
    known = {"log": log, "heads": said.head, "root": said.root, "rules_hash": said.rules_hash}
    report = verify(transcript, receipt=receipt, chains=said.chain, **known)
    for line in [*report.lines, *(f"note    {note}" for note in report.notes)]:
        sys.stdout.write(line + "\n")
    sys.stdout.write("VERIFIED\n" if report.good else "NOT VERIFIED\n")
    return 0 if report.good else 3 if report.missing and not report.failed else 1


if __name__ == "__main__":
    sys.exit(main())
