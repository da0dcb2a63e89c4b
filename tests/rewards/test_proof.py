"""What whoever checks a draw gets from us: the verifier's file, the page that computes in the browser, the record on paper."""

import base64
import hmac
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils.translation import override
from playwright._impl._driver import compute_driver_executable

from tests.draws import made
from tests.draws.verifier import PATH
from tifo.rewards.rules import dossier as paper_module
from tifo.rewards.rules.dossier import dossier
from tifo.rewards.rules.verdict import VERIFIER, judge

DRAW_JS = Path(__file__).parents[2] / "src/tifo/rewards/static/rewards/draw.js"
REVEALED = made.draw()


def _as_address(code: str) -> str:
    return f"data:text/javascript;base64,{base64.b64encode(code.encode()).decode()}"


def in_javascript(program: str, given: Any) -> Any:
    """What `program` makes of `given` with the page's own code `draw`, by the engine that browsers are driven with."""
    hashes = _as_address((DRAW_JS.parent / "sha256.js").read_text(encoding="utf-8"))
    code = _as_address(DRAW_JS.read_text(encoding="utf-8").replace("./sha256.js", hashes))
    whole = f"""
    import fs from "node:fs";
    const draw = await import("{code}");
    const {{ sha256, hmac }} = await import("{hashes}");
    const given = JSON.parse(fs.readFileSync(0));
    const found = await (async () => {{ {program} }})();
    console.log(JSON.stringify(found));
    """
    node = compute_driver_executable()[0]
    done = subprocess.run(
        [node, "--input-type=module", "-e", whole],
        input=json.dumps(given).encode(),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


def test_d1_the_browsers_code_agrees_with_the_verifier_on_every_rank() -> None:
    for transcript in (REVEALED, made.draw(made.rules(made.DRAND)), made.draw(count=1)):
        found = in_javascript(
            "const found = await draw.checkDraw(given);"
            "return {head: found.head, root: draw.hex(found.root), ranked: [...found.ranked]};",
            transcript,
        )
        assert found["head"] == transcript["head"]
        assert dict(found["ranked"]) == {one["key"]: one["ranking"] for one in transcript["result"]["strata"]}


def test_hashes_computed_in_the_browser_are_the_worlds() -> None:
    texts = [
        bytes(range(size % 256)) * (1 + size // 256)
        for size in (0, 1, 54, 55, 56, 63, 64, 65, 119, 120, 255, 4095)
    ]
    found = in_javascript(
        "return given.map((one) => [sha256(draw.bytes(one)), hmac(draw.bytes('0b'.repeat(32)))(draw.bytes(one))].map(draw.hex));",
        [text.hex() for text in texts],
    )
    assert found == [
        [made.sha(text).hex(), hmac.new(b"\x0b" * 32, text, "sha256").hexdigest()] for text in texts
    ]


def test_d4_an_entrant_finds_her_entry_and_her_rank_in_her_browser() -> None:
    receipts = [made.receipt(REVEALED, number) for number in range(12)]
    found = in_javascript(
        "const found = await draw.checkDraw(given.transcript);"
        "return Promise.all(given.receipts.map((one) => draw.checkMine(one, given.transcript, found)));",
        {"transcript": REVEALED, "receipts": receipts},
    )
    strata = {one["key"]: one for one in REVEALED["result"]["strata"]}
    for mine, receipt in zip(found, receipts, strict=True):
        one = strata[receipt["stratum"]]
        rank = one["ranking"].index(receipt["index"]) + 1
        assert mine == {
            "rank": rank,
            "of": len(one["ranking"]),
            "won": rank <= one["winners"],
            "stratum": one["key"],
        }
    other = receipts[0] | {"holder": "somebody@example.org"}
    told = in_javascript(
        "try { await draw.checkReceipt(given); } catch (wrong) { return wrong.message; }", other
    )
    assert told == "path"


def test_d5_the_browsers_code_finds_any_change_at_any_place() -> None:
    """All but the chain's constants, which matter to the signature only: the verifier looks at that."""
    passed = in_javascript(
        """
        const passed = [];
        async function walk(inner, where) {
          for (const key of Object.keys(inner)) {
            const value = inner[key];
            if (value !== null && typeof value === "object") { await walk(value, `${where}.${key}`); continue; }
            if (typeof value === "number") inner[key] = value + 1;
            else if (value === null) inner[key] = 0;
            else inner[key] = value.slice(0, -1) + (value.endsWith("1") ? "2" : "1");
            try { await draw.checkDraw(given); passed.push(`${where}.${key}`); } catch { /* found */ }
            inner[key] = value;
          }
        }
        await walk(given, "");
        return passed;
        """,
        REVEALED,
    )
    assert passed == [".chain"]


def test_the_verifier_that_is_handed_out_is_the_tool() -> None:
    assert VERIFIER.read_bytes() == PATH.read_bytes()
    answer = Client().get("/rewards/verifier/")
    assert b"".join(answer.streaming_content) == PATH.read_bytes()  # type: ignore[attr-defined]
    assert answer["Content-Disposition"] == 'attachment; filename="verify_draw.py"'


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["en", "fr", "es", "ar"])
def test_the_page_names_each_finding_of_its_code(language: str) -> None:
    page = Client(headers={"Accept-Language": language}).get("/rewards/check/").content.decode()
    code = DRAW_JS.read_text(encoding="utf-8")
    told = {word.split('"')[0] for word in page.split('data-word="wrong-')[1:]}
    raised = {
        part.split('"')[0] for line in code.splitlines() if "need(" in line for part in line.split(', "')[1:]
    }
    assert raised - told - {"hexadecimal", "fraction", "engine"} == set()


def test_the_verdict_is_the_verifiers_own() -> None:
    right = judge(REVEALED)
    assert right.verified
    assert right.said.endswith("VERIFIED\n")
    wrong = judge(REVEALED | {"head": "00" * 32})
    assert not wrong.verified
    assert "FAILED  log, a chain of hashes: head: is" in wrong.said
    assert wrong.transcript_hash != right.transcript_hash


@pytest.mark.parametrize("language", ["en", "fr", "ar"])
def test_the_same_draw_gives_the_same_record_on_paper(language: str) -> None:
    verdict = judge(REVEALED)
    with override(language):
        papers = [
            dossier(REVEALED, verdict, title="Marathon · ماراثون", organiser="Comité", language=language)
            for _ in range(2)
        ]
    assert papers[0] == papers[1]
    assert papers[0].startswith(b"%PDF-")
    assert f"/Lang ({language})".encode() in papers[0]


def test_the_record_of_a_big_draw_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    verdict = judge(REVEALED)

    def pages() -> int:
        paper = dossier(REVEALED, verdict, title="Marathon", organiser="Comité", language="en")
        return int(paper.partition(b"/Count ")[2].split()[0])

    shortest = pages()
    rows = REVEALED["result"]["strata"][1]["ranking"]
    monkeypatch.setitem(REVEALED["result"]["strata"][1], "ranking", rows * 60)
    monkeypatch.setitem(REVEALED["result"]["strata"][1], "winners", 480)
    assert pages() > shortest + 5
    monkeypatch.setattr(paper_module, "MOST_ROWS", 3)
    assert pages() == shortest
