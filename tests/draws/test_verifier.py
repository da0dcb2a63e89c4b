"""tools/verify_draw.py on draws that hold, and on draws in which anything at all is other than it was (D1, D2, D3, D4, D5, D7, D9)."""

import functools
import json
import subprocess
import sys
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.draws import made
from tests.draws.verifier import PATH, verifier


@pytest.fixture(autouse=True)
def _each_signature_checked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pairing takes a second; the real check is made once for each signature and remembered."""
    monkeypatch.setattr(verifier, "signed", lambda chain, *asked: signed(chain["public_key"], *asked))


_signed = verifier.signed


@functools.cache
def signed(key: str, number: int, signature: bytes) -> bool:
    found: bool = _signed({"public_key": key}, number, signature)
    return found


def good(transcript: Any, **known: Any) -> bool:
    """What the command finds, with the transcript read from JSON as it reads it."""
    try:
        read = verifier.load(json.dumps(transcript))
    except verifier.Unreadable:
        return False
    found: bool = verifier.verify(read, **known).good
    return found


def failures(transcript: Any, **known: Any) -> str:
    report = verifier.verify(transcript, **known)
    assert not report.good
    return "\n".join(line for line in report.lines if line.startswith("FAILED"))


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a value, from the whole to each leaf."""
    yield at
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inside:
        yield from places(one, (*at, key))


def at(value: Any, place: tuple[Any, ...]) -> Any:
    return functools.reduce(lambda inner, key: inner[key], place, value)


def changed(value: Any, place: tuple[Any, ...], new: Any) -> Any:
    other = deepcopy(value)
    at(other, place[:-1])[place[-1]] = new
    return other


def flipped(word: str) -> str:
    middle = len(word) // 2
    return f"{word[:middle]}{'1' if word[middle : middle + 1] != '1' else '2'}{word[middle + 1 :]}"


def otherwise(value: Any) -> list[Any]:
    """Other values that somebody might put in the place of one."""
    if value is None or isinstance(value, bool):
        return [0, {}]
    if isinstance(value, int):
        return [value + 1, value - 1, str(value), *([True] if value == 1 else [False] if value == 0 else [])]
    if isinstance(value, str):
        return [flipped(value), value[:-1], value.upper() if value != value.upper() else value + " ", None]
    if isinstance(value, list):
        swapped = [*value[1:], value[0]] if value else [0]
        return [
            value[:-1] if value else [[]],
            [*value, *(value[-1:] or [0])],
            *([swapped] if swapped != value else []),
        ]
    without = [{key: one for key, one in value.items() if key != gone} for gone in value]
    return [*without, value | {"more": 1}]


REVEALED = made.draw()


def test_a_draw_by_reveal_holds() -> None:
    report = verifier.verify(REVEALED)
    assert report.good, report.lines
    assert report.lines[-2:] == [
        "ok      order and winners: women: 2 of 4 drawn; men: 3 of 8 drawn",
        "ok      what followed the draw: 3 offered, 2 claimed, 1 forfeited",
    ]
    assert "is known only by comparing" in report.notes[0]


def test_a_draw_by_each_published_round_of_quicknet_holds() -> None:
    for number in made.ROUNDS:
        report = verifier.verify(made.draw(made.rules(made.DRAND), number=number))
        assert report.good, report.lines
        assert (
            f"ok      randomness: round {number} of drand's chain 52db9ba7, signature checked" in report.lines
        )


def test_d5_any_change_at_any_place_is_found() -> None:
    count = 0
    for place in places(REVEALED):
        if place:
            for new in otherwise(at(REVEALED, place)):
                assert not good(changed(REVEALED, place, new)), (place, new)
                count += 1
    assert count > 800


def test_d5_any_change_of_a_beacons_round_is_found() -> None:
    drawn = made.draw(made.rules(made.DRAND), count=8)
    assert good(drawn)
    for part in ("chain", "beacon", "rules"):
        for place in places(drawn[part], (part,)):
            for new in otherwise(at(drawn, place)):
                assert not good(changed(drawn, place, new)), (place, new)


def test_d5_a_change_in_the_log_is_found_though_its_hashes_were_made_to_agree() -> None:
    for number, entry in enumerate(REVEALED["log"]):
        if entry["offer"] == "other" or number == 0:
            continue
        for place in places(entry["body"], ("log", number, "body")):
            for new in otherwise(at(REVEALED, place)):
                other = made.rehash(changed(REVEALED, place, new))
                unjudged = entry["kind"] == "note" or "excluded" in place or place[-1:] == ("not_before",)
                assert unjudged or not good(other) or entry["kind"] == "awards", (place, new)
                assert not good(other, heads=[REVEALED["head"]]), (place, new)
                assert not good(other, log=REVEALED["log"]), (place, new)


def test_d2_what_was_published_too_late_is_found() -> None:
    late = "2023-08-23T15:40:00Z"  # the instant from which the randomness could be known
    for kind, told in (("freeze", "the randomness could be known"), ("rules", "after entries had closed")):
        other = deepcopy(REVEALED)
        for entry in other["log"]:
            after = entry["number"] >= next(e["number"] for e in other["log"] if e["kind"] == kind)
            entry["at"] = max(entry["at"], late) if after else entry["at"]
        assert told in failures(made.rehash(other))


def test_d2_a_round_sooner_than_the_margin_is_found() -> None:
    sooner = made.rules(made.DRAND | {"margin": 3600})  # round 1000 came 3,564 s after the close
    assert "too close to the close" in failures(made.draw(sooner))


def test_d7_a_second_freeze_of_the_same_root_or_of_the_same_offer_is_found() -> None:
    frozen = next(entry for entry in REVEALED["log"] if entry["kind"] == "freeze")
    for offer, told in (("again", "freezes the same root once more"), ("marathon", "2 entries 'freeze'")):
        other = deepcopy(REVEALED)
        other["log"].append(frozen | {"offer": offer, "at": other["log"][-1]["at"]})
        assert told in failures(made.rehash(other))
        assert told in failures(REVEALED, log=made.rehash(other)["log"])


def test_d3_who_is_not_eligible_or_weighs_otherwise_is_found_though_all_hashes_agree() -> None:
    said = made.rules(eligibility=[["points", ">=", 2000]])
    assert "is not eligible by the rules" in failures(made.draw(said))
    heavier = made.rules(weights={"cap": 2, "add": made.rules()["weights"]["add"]})
    assert "weighs 3, by the rules 2" in failures(made.draw(heavier))
    assert "by the rules 1" in failures(made.draw(made.rules(weights=None)))


def test_d9_the_fall_back_holds_only_where_declared_said_and_late_enough() -> None:
    fallback = {"after": 3600, "parties": made.parties()}
    declared = made.rules(made.DRAND | {"fallback": fallback})
    drawn = made.draw(declared, fallen=True)
    report = verifier.verify(drawn)
    assert report.good, report.lines
    assert any("by the declared fall-back" in note for note in report.notes)
    unsaid = drawn | {"log": [entry for entry in drawn["log"] if entry["kind"] != "fallback"]}
    assert "does not say that the round could not be had" in failures(made.rehash(unsaid))
    later = deepcopy(declared)
    later["randomness"]["fallback"]["after"] = 7200
    sooner = made.draw(later, fallen=True)
    for entry in sooner["log"]:
        if entry["kind"] in ("fallback", "reveal"):
            entry["at"] = "2023-08-23T16:59:24Z"
    assert "sooner than the rules allow" in failures(made.rehash(sooner))
    undeclared = made.draw(made.rules(made.DRAND))
    undeclared["beacon"] = drawn["beacon"]
    assert "declare no fall-back" in failures(undeclared)


def test_a_party_that_does_not_reveal_or_reveals_before_the_freeze_leaves_no_draw() -> None:
    silent = REVEALED | {"log": [e for e in REVEALED["log"] if e["body"].get("party") != "bailiff"]}
    assert "bailiff has not revealed" in failures(made.rehash(silent))
    early = deepcopy(REVEALED)
    for entry in early["log"]:
        entry["at"] = "2023-08-23T15:05:00Z" if entry["kind"] == "reveal" else entry["at"]
    assert "reveals too early" in failures(made.rehash(early))


def test_one_party_alone_is_said_to_be_trusted() -> None:
    alone = made.rules(made.REVEAL | {"parties": made.parties()[:1]})
    drawn = made.draw(alone)
    drawn["log"] = [entry for entry in drawn["log"] if entry["body"].get("party") != "bailiff"]
    assert any("as honest as that party" in note for note in verifier.verify(made.rehash(drawn)).notes)


def test_another_chain_counts_only_for_whoever_trusts_it() -> None:
    from py_ecc.bls.hash_to_curve import hash_to_G1
    from py_ecc.bls.point_compression import compress_G1, compress_G2
    from py_ecc.optimized_bls12_381 import G2, multiply

    secret, number = 987654321, 200
    x, y = compress_G2(multiply(G2, secret))
    chain: dict[str, Any] = {"public_key": f"{x:096x}{y:096x}", "period": 30, "genesis": 1692800000}
    chain |= {"group_hash": "77" * 32, "beacon_id": "house"}
    chain["hash"] = verifier.chain_hash(chain)
    hashed = hash_to_G1(made.sha(number.to_bytes(8, "big")), verifier.TAG, made.hashlib.sha256)
    signature = f"{compress_G1(multiply(hashed, secret)):096x}"
    said = made.rules(made.DRAND | {"chain_hash": chain["hash"]})
    drawn = made.draw(said, number=number, signature=signature, chain=chain)
    assert "is not drand's quicknet" in failures(drawn)
    assert good(drawn, chains=[chain["hash"]])
    for place in places(chain, ("chain",)):
        for new in otherwise(at(drawn, place)):
            assert not good(changed(drawn, place, new), chains=[chain["hash"]]), (place, new)


def test_points_that_are_no_signatures_are_refused() -> None:
    infinity = "c0" + "00" * 47
    other_round = made.ROUNDS[657413]
    off_curve = made.ROUNDS[1000][:-1] + "8"
    uncompressed = "3" + made.ROUNDS[1000][1:]
    for signature in (infinity, other_round, off_curve, uncompressed):
        assert not verifier.signed(verifier.QUICKNET, 1000, bytes.fromhex(signature))
    assert verifier.signed(verifier.QUICKNET, 1000, bytes.fromhex(made.ROUNDS[1000]))


def test_quicknets_constants_hash_to_its_chain() -> None:
    assert verifier.chain_hash(verifier.QUICKNET) == verifier.QUICKNET["hash"]


def test_d7_awards_follow_the_order_without_a_gap() -> None:
    drawn = next(entry["number"] for entry in REVEALED["log"] if entry["kind"] == "drawn")
    for changes, told in (
        ([("women", 3, "offered")], "all 2 places are held"),
        ([("women", 1, "forfeited"), ("women", 4, "offered")], "3 is next"),
        ([("women", 3, "claimed")], "not offered"),
        ([("women", 1, "forfeited"), ("women", 1, "claimed")], "forfeited"),
        ([("men", 9, "offered")], "not an integer from 1 to 8"),
        ([("women", 1, "given")], "must be 'forfeited'"),
    ):
        log = deepcopy(REVEALED["log"][:drawn])
        body = {"changes": [dict(zip(("stratum", "rank", "state"), one, strict=True)) for one in changes]}
        made.tail(log, made.CLOSES + made.timedelta(days=2), "awards", body)
        assert told in failures(REVEALED | {"log": log, "head": log[-1]["hash"]})


@given(st.integers(1, 70), st.data())
def test_d4_every_path_leads_to_the_root_and_no_other(count: int, data: st.DataObject) -> None:
    leaves = [made.sha(bytes([number])) for number in range(count)]
    index = data.draw(st.integers(0, count - 1))
    path = made.path(index, leaves)
    assert (
        verifier.root_of(leaves)
        == made.root(leaves)
        == verifier.root_by_path(leaves[index], index, count, path)
    )
    for other in {0, index - 1, index + 1, count - 1} - {index}:
        if 0 <= other < count:
            assert verifier.root_by_path(leaves[index], other, count, path) != made.root(leaves)
    assert verifier.root_by_path(leaves[index], index, count, [*path, leaves[0]]) is None


def test_d4_a_receipt_is_found_in_the_draw_and_any_change_of_it_is_found() -> None:
    for number in range(12):
        receipt = made.receipt(REVEALED, number)
        report = verifier.verify(REVEALED, receipt=receipt)
        assert report.good, report.lines
    assert "is yours: rank " in report.lines[-1]
    for place in places(receipt):
        if place:
            for new in otherwise(at(receipt, place)):
                assert not good(REVEALED, receipt=changed(receipt, place, new)), (place, new)


def test_what_is_known_from_elsewhere_must_agree() -> None:
    freeze = next(entry for entry in REVEALED["log"] if entry["kind"] == "freeze")
    known = {
        "root": freeze["body"]["root"],
        "rules_hash": freeze["body"]["rules_hash"],
        "heads": [freeze["hash"]],
    }
    report = verifier.verify(REVEALED, **known, log=REVEALED["log"][:-1])
    assert report.good
    assert report.notes == []
    for name in known:
        other = ["00" * 32] if name == "heads" else "00" * 32
        assert not good(REVEALED, **(known | {name: other}))
    assert "does not reach to the freeze" in failures(REVEALED, log=REVEALED["log"][:3])
    assert any(
        "is known only by comparing" in note
        for note in verifier.verify(REVEALED, heads=[REVEALED["log"][1]["hash"]]).notes
    )


@pytest.mark.parametrize(
    "text", ["", "[]", '{"a":1,"a":1}', '{"a":1.0}', '{"a":NaN}', '{"é":1}', "[" * 100_000, "1e2"]
)
def test_what_is_no_transcript_is_refused_in_words(text: str) -> None:
    try:
        report = verifier.verify(verifier.load(text))
    except verifier.Unreadable:
        return
    assert text == "[]"
    assert report.lines[0] == "FAILED  format: transcript: is not an object"


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=70)
    | st.sampled_from(["women", "reveal", "0" * 64]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["source", "key", "body", "a"]), inner, max_size=3)
    ),
    max_leaves=5,
)
PLACES = [place for place in places(REVEALED) if place]
RECEIPT = made.receipt(REVEALED, 5)


@given(st.sampled_from(PLACES), ANYTHING)
def test_d5_whatever_stands_in_its_place_is_found_in_words(place: tuple[Any, ...], new: Any) -> None:
    report = verifier.verify(changed(REVEALED, place, new))
    assert report.good == (at(REVEALED, place) == new and type(at(REVEALED, place)) is type(new))
    assert report.good or any(line.startswith("FAILED") for line in report.lines)


@given(st.sampled_from([place for place in places(RECEIPT) if place]), ANYTHING)
def test_d4_whatever_stands_in_a_receipt_is_judged_in_words(place: tuple[Any, ...], new: Any) -> None:
    report = verifier.verify(REVEALED, receipt=changed(RECEIPT, place, new))
    assert report.good == (at(RECEIPT, place) == new and type(at(RECEIPT, place)) is type(new))


def test_the_command_ends_with_0_only_for_an_untouched_file(tmp_path: Path) -> None:
    def ends(transcript: Any, *options: str) -> tuple[int, str]:
        file = tmp_path / "draw.json"
        file.write_text(
            transcript if isinstance(transcript, str) else json.dumps(transcript), encoding="utf-8"
        )
        done = subprocess.run(
            [sys.executable, "-I", PATH, file, *options], capture_output=True, text=True, check=False
        )
        assert "Traceback" not in done.stderr
        return done.returncode, done.stdout

    log = tmp_path / "log.jsonl"
    log.write_text("".join(json.dumps(entry) + "\n" for entry in REVEALED["log"]), encoding="utf-8")
    receipt = tmp_path / "receipt.json"
    receipt.write_text(json.dumps(made.receipt(REVEALED, 5)), encoding="utf-8")
    code, said = ends(REVEALED, "--log", str(log), "--receipt", str(receipt), "--head", REVEALED["head"])
    assert (code, said.splitlines()[-1]) == (0, "VERIFIED")
    code, said = ends(changed(REVEALED, ("result", "strata", 0, "ranking"), [0, 1, 2, 3]))
    assert (code, said.splitlines()[-1]) == (1, "NOT VERIFIED")
    assert ends("no JSON")[0] == 2


def test_the_verifier_knows_nothing_of_tifo() -> None:
    imports = [
        line.split()[1]
        for line in PATH.read_text().splitlines()
        if line.lstrip().startswith(("import ", "from "))
    ]
    outside = {name.split(".")[0] for name in imports} - set(sys.stdlib_module_names)
    assert outside == {"py_ecc"}


def test_the_pages_vectors_hold() -> None:
    page = (PATH.parents[1] / "docs" / "reference" / "draw.md").read_text(encoding="utf-8")
    table = page.partition("## Vectors")[2].partition("\n\nA whole transcript")[0]
    told = [row.split("|")[-2].strip().strip("`") for row in table.splitlines() if row.startswith("| ")][1:]
    rules_hash, random = told[3], made.sha(bytes.fromhex(told[6]))
    salt, holder = (word.strip("`") for word in told[1].split("; "))
    commitment = verifier.commitment_of(bytes.fromhex(salt), holder).hex()
    leaf = verifier.leaf_of(rules_hash, commitment, "women", 2, [2000, 0])
    node = verifier.root_of([leaf, leaf])
    seed = verifier.seed_of(rules_hash, node.hex(), random)
    note = {"number": 1, "at": "2023-08-13T15:00:00Z", "kind": "note", "offer": "other", "previous": "0" * 64}
    assert told == [
        verifier.canonical({"b": "é\x01/", "a": [1, -2, None, True]}).decode(),
        f"{bytes(range(32)).hex()}`; `inès@example.org",
        commitment,
        made.sha(made.canonical(made.rules())).hex(),
        leaf.hex(),
        node.hex(),
        made.ROUNDS[1000],
        random.hex(),
        made.ROUNDS[657413],
        made.sha(bytes.fromhex(made.ROUNDS[657413])).hex(),
        made.sha(b"tifo-draw/1 reveal\0", b"\x11" * 32, b"\x22" * 32).hex(),
        seed.hex(),
        *(made.hmac.new(seed, leaf + bytes([0, 0, 0, i]), "sha256").hexdigest() for i in (0, 1)),
        verifier.hash_of(note | {"body": {"text": 'é / "'}}),
    ]
    assert verifier.score(seed, leaf, 2).hex() == min(told[-3:-1])
    assert verifier.score(seed, leaf, 1).hex() == told[-3]


@pytest.mark.parametrize("name", ["reveal", "quicknet"])
def test_the_draws_kept_as_files_hold(name: str) -> None:
    assert good(json.loads((Path(__file__).parent / f"{name}.json").read_text(encoding="utf-8")))
