"""Draws made for tests, step by step as docs/reference/draw.md says, with nothing of the product."""

import hashlib
import hmac
import json
import struct
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

CLOSES = datetime(2023, 8, 23, 15, 0, tzinfo=UTC)
QUICKNET = "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971"
ROUNDS = {  # published: drand's own example, and the one in the documentation of drand-verify
    1000: "b44679b9a59af2ec876b1a6b1ad52ea9b1615fc3982b19576350f93447cb1125e342b73a8dd2bacbe47e4b6b63ed5e39",
    657413: "b713718a38ae728dfd477991af2822e08d2f305e47718cef9f7848ce4050e7be41076862b98fad56e91a6b85b89cd97b",
}
SECRETS = {"organiser": "11" * 32, "bailiff": "22" * 32}


def sha(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def text(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def parties() -> list[dict[str, str]]:
    return [{"name": who, "commitment": sha(bytes.fromhex(secret)).hex()} for who, secret in SECRETS.items()]


REVEAL = {"source": "reveal", "margin": 1800, "parties": parties()}
DRAND: dict[str, Any] = {"source": "drand", "chain_hash": QUICKNET, "margin": 1800, "fallback": None}


def rules(randomness: dict[str, Any] = REVEAL, **changes: Any) -> dict[str, Any]:
    return {
        "format": "tifo-draw/1",
        "offer": "marathon",
        "version": 2,
        "opens_at": text(CLOSES - timedelta(days=9)),
        "closes_at": text(CLOSES),
        "cutoff_at": text(CLOSES - timedelta(hours=1)),
        "strata": [{"key": "women", "places": 2}, {"key": "men", "places": 3}],
        "inputs": [{"key": "points", "bands": [0, 1000, 2000]}, {"key": "streak", "bands": [0, 4]}],
        "eligibility": [["points", ">=", 1000]],
        "weights": {
            "cap": 3,
            "add": [
                {"input": "points", "steps": [[2000, 1]]},
                {"input": "streak", "steps": [[0, 0], [4, 2]]},
            ],
        },
        "randomness": deepcopy(randomness),
        "texts": {"en": sha(b"Rules").hex(), "fr": sha("Règlement".encode()).hex()},
    } | changes


def rows(said: dict[str, Any], count: int) -> list[list[Any]]:
    """Entries in the order of their leaves; every third a woman, facts and weights by the number."""
    made = []
    for number in range(count):
        salt = sha(b"salt", struct.pack(">I", number))
        commitment = sha(b"tifo-draw/1 entry\x00", salt, f"fan{number}@example.org".encode()).hex()
        points, streak = (1000, 2000)[number % 2], (0, 4)[number // 2 % 2]
        weight = min(3, 1 + (points == 2000) + 2 * (streak == 4))
        made.append([commitment, "women" if number % 3 == 0 else "men", weight, points, streak])
    return sorted(made, key=lambda row: leaf(said, row))


def leaf(said: dict[str, Any], row: list[Any]) -> bytes:
    commitment, stratum, weight, *facts = row
    return sha(
        b"\x00",
        f"{sha(canonical(said)).hex()}|{commitment}|{stratum}|{weight}|{','.join(map(str, facts))}".encode(),
    )


def root(leaves: list[bytes]) -> bytes:
    """RFC 9162's own recursive definition, not the level by level one."""
    if len(leaves) == 1:
        return leaves[0]
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return sha(b"\x01", root(leaves[:half]), root(leaves[half:]))


def path(index: int, leaves: list[bytes]) -> list[bytes]:
    if len(leaves) == 1:
        return []
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    if index < half:
        return [*path(index, leaves[:half]), root(leaves[half:])]
    return [*path(index - half, leaves[half:]), root(leaves[:half])]


def tail(
    log: list[dict[str, Any]], at: datetime, kind: str, body: dict[str, Any], offer: str = "marathon"
) -> None:
    """Append an entry to a log."""
    entry = {
        "number": len(log) + 1,
        "at": text(at),
        "kind": kind,
        "offer": offer,
        "body": body,
        "previous": log[-1]["hash"] if log else "0" * 64,
    }
    log.append(entry | {"hash": sha(canonical(entry)).hex()})


def rehash(made: dict[str, Any]) -> dict[str, Any]:
    """What a forger does after a change in the log: make its chain of hashes agree again."""
    log: list[dict[str, Any]] = []
    for entry in made["log"]:
        tail(log, datetime.fromisoformat(entry["at"]), entry["kind"], entry["body"], entry["offer"])
    return made | {"log": log, "head": log[-1]["hash"]}


def draw(
    said: dict[str, Any] | None = None,
    count: int = 12,
    number: int = 1000,
    signature: str | None = None,
    chain: dict[str, Any] | None = None,
    fallen: bool = False,
) -> dict[str, Any]:
    """A whole transcript that holds: by reveal, by a round of drand, or by the fall-back."""
    said = said or rules()
    by_round = said["randomness"]["source"] == "drand" and not fallen
    entries, digest = rows(said, count), sha(canonical(said))
    leaves = [leaf(said, row) for row in entries]
    top, log = root(leaves), list[dict[str, Any]]()
    first = {"rules_hash": "ab" * 32, "version": 1}
    tail(log, CLOSES - timedelta(days=10), "rules", first)
    tail(log, CLOSES - timedelta(days=9), "rules", {"rules_hash": digest.hex(), "version": said["version"]})
    tail(log, CLOSES - timedelta(days=8), "note", {"text": "another offer’s"}, offer="other")
    genesis, period = (chain["genesis"], chain["period"]) if chain else (1692803367, 3)
    if said["randomness"]["source"] == "drand":
        target: dict[str, Any] = {"source": "drand", "round": number}
        when = datetime.fromtimestamp(genesis + (number - 1) * period, UTC)
    else:
        target = {"source": "reveal", "not_before": text(CLOSES + timedelta(minutes=40))}
        when = CLOSES + timedelta(minutes=40)
    strata = [
        {
            "key": one["key"],
            "entries": sum(row[1] == one["key"] for row in entries),
            "tickets": sum(row[2] for row in entries if row[1] == one["key"]),
        }
        for one in said["strata"]
    ]
    frozen = {
        "algorithm": "tifo-draw/1",
        "rules_hash": digest.hex(),
        "root": top.hex(),
        "entries": count,
        "tickets": sum(row[2] for row in entries),
        "strata": strata,
        "excluded": {"staff": 2, "household": 1},
        "target": target,
    }
    tail(log, CLOSES + timedelta(minutes=5), "freeze", frozen)
    if by_round:
        signature = signature or ROUNDS[number]
        random = sha(bytes.fromhex(signature))
        beacon: dict[str, Any] = {"source": "drand", "round": number, "signature": signature}
    else:
        if fallen:
            when += timedelta(seconds=said["randomness"]["fallback"]["after"])
            tail(log, when, "fallback", {"round": number, "reason": "unreachable"})
        for who in ("bailiff", "organiser"):  # not in the order of the rules
            tail(log, when, "reveal", {"party": who, "secret": SECRETS[who]})
        random = sha(b"tifo-draw/1 reveal\x00", *(bytes.fromhex(secret) for secret in SECRETS.values()))
        beacon = {"source": "reveal", "secrets": list(SECRETS.values())}
    beacon["randomness"] = random.hex()
    seed = sha(b"tifo-draw/1 seed\x00", digest, top, random)

    def score(index: int) -> tuple[bytes, bytes]:
        weight, one = entries[index][2], leaves[index]
        tickets = (hmac.new(seed, one + struct.pack(">I", i), "sha256").digest() for i in range(weight))
        return min(tickets), one

    result = []
    for one in said["strata"]:
        ranking = sorted((i for i, row in enumerate(entries) if row[1] == one["key"]), key=score)
        result.append({"key": one["key"], "winners": min(one["places"], len(ranking)), "ranking": ranking})
    order = sha(*(leaves[index] for one in result for index in one["ranking"])).hex()
    drawn = {"rules_hash": digest.hex(), "root": top.hex(), "seed": seed.hex(), "order": order}
    tail(log, when + timedelta(minutes=1), "drawn", drawn)
    changes = [
        ("men", 1, "claimed"),
        ("women", 2, "forfeited"),
        ("women", 3, "offered"),
        ("women", 3, "claimed"),
    ]
    for part in (changes[:2], changes[2:]):
        body = {"changes": [dict(zip(("stratum", "rank", "state"), change, strict=True)) for change in part]}
        tail(log, when + timedelta(days=3), "awards", body)
    return {
        "format": "tifo-draw/1",
        "rules": said,
        "chain": chain,
        "entries": {
            "columns": ["commitment", "stratum", "weight", *(one["key"] for one in said["inputs"])],
            "rows": entries,
        },
        "beacon": beacon,
        "result": {"seed": seed.hex(), "order": order, "strata": result},
        "log": log,
        "head": log[-1]["hash"],
    }


def receipt(made: dict[str, Any], number: int) -> dict[str, Any]:
    """What fan `number` keeps."""
    said, entries = made["rules"], made["entries"]["rows"]
    salt, holder = sha(b"salt", struct.pack(">I", number)), f"fan{number}@example.org"
    commitment = sha(b"tifo-draw/1 entry\x00", salt, holder.encode()).hex()
    index = next(i for i, row in enumerate(entries) if row[0] == commitment)
    leaves = [leaf(said, row) for row in entries]
    return {
        "format": "tifo-receipt/1",
        "offer": said["offer"],
        "rules_hash": sha(canonical(said)).hex(),
        "holder": holder,
        "salt": salt.hex(),
        "stratum": entries[index][1],
        "weight": entries[index][2],
        "facts": entries[index][3:],
        "index": index,
        "entries": len(entries),
        "path": [one.hex() for one in path(index, leaves)],
        "root": root(leaves).hex(),
        "head": next(entry["hash"] for entry in made["log"] if entry["kind"] == "freeze"),
    }
