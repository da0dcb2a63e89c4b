"""Hits are told apart by a versioned rule, none is dropped, and every figure is a recount by the rule in use (T6)."""

import re
from collections import Counter
from datetime import timedelta
from functools import partial
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.delivery.test_hits import hit, raw, sent
from tests.delivery.world import fan
from tifo.consents.public import give
from tifo.delivery.actions import judging as module
from tifo.delivery.models import HitFile
from tifo.delivery.public import judge_again, load_hits
from tifo.delivery.rules import classify
from tifo.kernel.public import archive, data_path
from tifo.lake.public import reading, rebuild, refresh

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    loader = SourceFileLoader("hits_page", str(ROOT / "tools" / "hits"))
    spec = spec_from_loader(loader.name, loader)
    assert spec is not None
    found = module_from_spec(spec)
    loader.exec_module(found)
    return found


def reference(version: int, row: dict[str, Any]) -> str:
    """The rules once more, in plain Python: the oracle."""
    agent, click = row["agent"], row["kind"] == "click"
    quoted = re.findall(r"regexp_matches\(agent, '(.*?)'\)", classify.RULES[version])
    assert quoted
    proxies, bare = classify._PROXIES, agent == "Mozilla/5.0"
    proxy = bool(re.search(proxies, agent)) or bare or row["owner"] == "apple"
    if version == 1:
        if row["head"] or not agent or re.search(classify._SCANNERS, agent):
            return "scanner"
        if click and (row["early"] == 0 or row["links"] >= 4):
            return "scanner"
        return "proxy" if not click and (proxy or row["early"] == 0) else "person"
    if not click and not row["head"] and proxy:
        return "proxy"
    if row["head"] or not agent or re.search(classify._SCANNERS_2, agent) or re.search(classify._OLD, agent):
        return "scanner"
    if click and (bare or re.search(classify._OFFICE, agent)):
        return "scanner"
    if click and (row["early"] == 0 or row["links"] >= (2 if row["early"] <= 2 else 3)):
        return "scanner"
    return "proxy" if not click and row["early"] == 0 else "person"


def archived() -> pa.Table:
    files = HitFile.objects.order_by("position")
    return pa.concat_tables([archive.read(file.path, file.sha256) for file in files])


def figures() -> Counter[tuple[int, str, str]]:
    """What reports and audiences count, from the lake."""
    refresh()
    with reading() as reader:
        rows = reader.sql(
            'SELECT mailing_id, kind, "class" AS said, count(*) AS n FROM hit GROUP BY 1, 2, 3', {}
        )
    return Counter({(row["mailing_id"], row["kind"], row["said"]): row["n"] for row in rows.to_pylist()})


def recount(version: int) -> Counter[tuple[int, str, str]]:
    """The same from the raw hits in the archive."""
    return Counter(
        (row["mailing_id"], row["kind"], reference(version, row)) for row in archived().to_pylist()
    )


def kept(tool: ModuleType, part: int = 1) -> int:
    """The whole corpus (or each `part`-th behaviour) as hits of real messages, half of the readers allow tracking; how many there are."""
    count = 0
    for number, one in enumerate(tool.behaviours()[::part]):
        fan_id = fan(number)
        if number % 2:
            give(fan_id, "tracking", source="test")
        mailing, (message,) = sent(fan_id, label=f"news {number}")
        hits = [
            hit(
                mailing,
                message,
                what["kind"][0],
                after=timedelta(seconds=what["after"]),
                link=what.get("link", 0),
                agent=what.get("agent", one["agent"]),
                network=what.get("network", one["network"]),
                head=what.get("head", False),
            )
            for what in one["hits"]
        ]
        raw(f"{number:03}.jsonl", hits)
        count += len(hits)
        if number % 5 == 4:
            load_hits()
    load_hits()
    return count


@pytest.mark.django_db(transaction=True)
def test_t6_figures_are_a_recount_by_every_version_of_the_rule(tool: ModuleType) -> None:
    """T6: judged there and back again, the lake counts what the raw hits give, and no hit is lost."""
    count = kept(tool)
    before = archived()
    assert before.num_rows == count
    assert HitFile.objects.count() > 1
    seen = []
    for version in (classify.VERSION, 1, 2, 1, classify.VERSION):
        while judge_again(version):
            pass
        assert set(HitFile.objects.values_list("rule", flat=True)) == {version}
        found = figures()
        assert found == recount(version)
        assert sum(found.values()) == count
        assert archived().drop_columns(["class"]).equals(before.drop_columns(["class"]))
        seen.append(found)
    assert seen[0] == seen[2] == seen[4] != seen[1] == seen[3]
    assert archived().equals(before)
    rebuild()
    assert figures() == seen[0]
    on_disk = {
        str(path.relative_to(data_path("archive", "x").parent))
        for path in data_path("archive", "x").parent.rglob("*.parquet")
    }
    assert on_disk == set(HitFile.objects.values_list("path", flat=True))


@pytest.mark.django_db(transaction=True)
def test_a_judgement_cut_short_leaves_the_old_or_the_new(
    tool: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept(tool, 4)
    expected = archived()

    def dies(at: str, point: str) -> None:
        if point == at:
            raise KeyboardInterrupt

    for point, rule in (("delivery.hits-judged", 2), ("delivery.hits-judged-again", 1)):
        with monkeypatch.context() as broken:
            broken.setattr(module, "crash_point", partial(dies, point))
            with pytest.raises(KeyboardInterrupt):
                judge_again(1)
        assert HitFile.objects.order_by("position")[0].rule == rule
        assert archived().num_rows == expected.num_rows
    while judge_again(2):
        pass
    assert archived().equals(expected)


@pytest.mark.django_db(transaction=True)
def test_what_is_kept_of_those_who_are_not_tracked_names_nobody(tool: ModuleType) -> None:
    """C9: the features stay, message, reader and network go."""
    kept(tool, 4)
    nameless = [row for row in archived().to_pylist() if row["message_id"] is None]
    assert nameless
    assert {(row["fan_id"], row["network"]) for row in nameless} == {(None, "")}
    assert {row["early"] for row in nameless} <= {0, 1, 2, 3}


@pytest.mark.django_db(transaction=True)
def test_an_archive_from_before_the_features_keeps_its_judgement(tool: ModuleType) -> None:
    kept(tool, 4)
    file = HitFile.objects.order_by("position")[0]
    old = archive.read(file.path, file.sha256).drop_columns(["head", "early", "links", "owner"])
    stored = archive.write("hits/old.parquet", old)
    HitFile.objects.filter(pk=file.pk).update(path=stored.path, sha256=stored.sha256, rule=1)
    assert judge_again()
    file.refresh_from_db()
    assert archive.read(file.path, file.sha256).equals(old)
    assert not judge_again()
    assert sum(figures().values()) == sum(HitFile.objects.values_list("hits", flat=True))


AGENTS = st.sampled_from(
    [
        "", "Mozilla/5.0", "curl/8.5", "Barracuda", "YahooMailProxy; https://help.yahoo.com/", "HeadlessChrome/1", "MSOffice 16", "Chrome/41.0",
        "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)", "Mozilla/5.0 (X11) Firefox/140.0", "Ünï∞",
    ]
)  # fmt: skip


@settings(max_examples=15, deadline=None)
@given(
    st.sampled_from(sorted(classify.RULES)),
    st.lists(
        st.fixed_dictionaries(
            {
                "kind": st.sampled_from(["open", "click"]),
                "head": st.booleans(),
                "agent": AGENTS
                | st.text(max_size=20).filter(lambda text: "\0" not in text and text.isprintable()),
                "early": st.integers(0, 3),
                "links": st.integers(0, 9),
                "owner": st.sampled_from(["", "apple"]),
            }
        ),
        min_size=1,
        max_size=30,
    ),
)
def test_t6_each_version_says_what_its_second_writing_says(version: int, rows: list[dict[str, Any]]) -> None:
    """T6: the statement of the database against plain Python."""
    import duckdb

    with duckdb.connect() as lake:
        lake.register("hit", pa.Table.from_pylist([{"row": n, **row} for n, row in enumerate(rows)]))
        said = lake.execute(f"SELECT {classify.RULES[version]} FROM hit ORDER BY row").fetchall()
    assert [one for (one,) in said] == [reference(version, row) for row in rows]


def test_the_page_with_the_confusion_matrix_is_current_and_the_rule_no_worse(tool: ModuleType) -> None:
    """The published figures are those of the corpus; no version may judge fewer hits right than the one before."""
    assert (ROOT / "docs" / "explanation" / "hits-told-apart.md").read_text(encoding="utf-8") == tool.page()
    right = [
        sum(n for (maker, said), n in tool.matrix(version).items() if maker == said)
        for version in sorted(classify.RULES)
    ]
    assert right == sorted(right)
    assert max(classify.RULES) == classify.VERSION
    for one in tool.behaviours():
        assert one["source"]
        assert one["maker"] in tool.MAKERS
