"""From staged chunks into the base: people, consents, then the tastes of the whole file."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from django.db import transaction

from tifo.consents.public import record_imported
from tifo.fans.public import FIELDS, merge_people
from tifo.kernel.public import bulk, crash_point, jobs
from tifo.preferences.public import declare_imported, ensure_topics
from tifo.registry.actions import files, staging
from tifo.registry.models import ImportRun
from tifo.registry.types import gettext_noop

LEASE = 120.0
TASTES_AT_ONCE = 100_000

CONFLICT = gettext_noop("its e-mail, phone and external_id belong to different fans: mend one of them")
ERASED = gettext_noop("this person asked to be forgotten: not imported")
_REFUSED = pa.schema([("line", pa.int64()), ("outcome", pa.string())])

Progress = Callable[[float], None]


class _Merged(NamedTuple):
    people: pa.Table  # the staged rows with fan_id and outcome
    created: int
    met: int
    refused: int


def source_name(run: ImportRun) -> str:
    """How the run is named beside what it wrote."""
    return f"import:{run.pk}"


def merge_all(run: ImportRun, progress: Progress) -> None:
    """Every chunk from the cursor on, then the tastes; all fenced by the run's lease."""
    folder = files.staged_folder(run)
    topics = _topics(folder)
    with bulk.roomy():
        _merge_chunks(run, folder, topics, progress)
        if topics:
            _declare_tastes(run, folder, topics)
    progress(1.0)


def _merge_chunks(run: ImportRun, folder: Path, topics: list[str], progress: Progress) -> None:
    beside = folder / "merged"
    beside.mkdir(exist_ok=True)
    while run.chunk < run.chunks:
        number = run.chunk
        crash_point("registry.import.chunk")
        with transaction.atomic():
            merged = _merge_chunk(run, staging.chunk_of_people(folder, number))
            _keep_refused(beside / f"refused-{number:06}.parquet", merged.people)
            if topics:
                _keep_tastes(beside / f"tastes-{number:06}.parquet", merged.people, topics)
            jobs.renew(
                run,
                LEASE,
                chunk=number + 1,
                created=run.created + merged.created,
                updated=run.updated + merged.met,
                rejected=run.rejected + merged.refused,
                percent=40 + 50 * (number + 1) // run.chunks,
            )
            crash_point("registry.import.uncommitted")
        crash_point("registry.import.committed")
        progress(0.9 * (number + 1) / run.chunks)


def try_all(run: ImportRun, progress: Progress) -> tuple[int, int, int]:
    """(would create, would update, would reject), in rows; every chunk is taken back at once."""
    folder = files.staged_folder(run)
    beside = folder / "tried"
    beside.mkdir(exist_ok=True)
    refused = run.rejected
    for number in range(run.chunks):
        with transaction.atomic():
            merged = _merge_chunk(run, staging.chunk_of_people(folder, number))
            transaction.set_rollback(True)
        refused += merged.refused
        _keep_refused(beside / f"refused-{number:06}.parquet", merged.people)
        new = merged.people.filter(pc.equal(merged.people.column("outcome"), "created"))
        pq.write_table(
            new.select(["row", "email", "phone", "external_id"]), beside / f"new-{number:06}.parquet"
        )
        jobs.renew(run, LEASE, percent=40 + 60 * (number + 1) // run.chunks)
        progress((number + 1) / run.chunks)
    created = _distinct_people(beside)
    return created, run.read - refused - created, refused


def _distinct_people(folder: Path) -> int:
    """New people of all chunks; who stands in two chunks was new in both, since each was taken back."""
    with _engine(folder) as engine:
        found = engine.execute(
            "SELECT count(DISTINCT coalesce(lower(email), 'x:' || external_id, phone)) FROM read_parquet(?)",
            [f"{folder}/new-*.parquet"],
        ).fetchone()
    return int(found[0]) if found else 0


def _engine(folder: Path) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(
        ":memory:",
        config={
            "memory_limit": "600MB",
            "threads": 4,
            "temp_directory": str(folder / "spill"),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        },
    )


def _topics(folder: Path) -> list[str]:
    names = pq.read_schema(folder / staging.PEOPLE).names
    return [name.partition(":")[2] for name in names if name.startswith("likes:")]


def _merge_chunk(run: ImportRun, chunk: pa.Table) -> _Merged:
    """People and consents of one chunk, in the caller's transaction."""
    outcome = merge_people(chunk.select(["row", *FIELDS]), source=run.source, run=source_name(run))
    placed = chunk.append_column("fan_id", outcome.column("fan_id")).append_column(
        "outcome", outcome.column("outcome")
    )
    known = placed.filter(pc.is_valid(placed.column("fan_id")))
    consents = _consents(known)
    if consents.num_rows:
        record_imported(consents, source=run.source)
    counts = {
        row["values"]: row["counts"]
        for row in pc.value_counts(placed.column("outcome").combine_chunks()).to_pylist()
    }
    refused = counts.get("conflict", 0) + counts.get("erased", 0)
    # The rows of one new person may all be called created: she was created once, and met again by the others.
    new = placed.filter(pc.equal(placed.column("outcome"), "created")).column("fan_id")
    once = int(pc.count_distinct(new).as_py())
    return _Merged(placed, once, placed.num_rows - refused - once, refused)


_SAID = pa.schema(
    [
        ("fan_id", pa.int64()),
        ("purpose", pa.string()),
        ("said", pa.string()),
        ("moment", pa.timestamp("us", tz="UTC")),
    ]
)


def _consents(people: pa.Table) -> pa.Table:
    """What the chunk says of consents: once for a fan and purpose, a no before any yes, else the first."""
    parts = []
    for name in people.column_names:
        if not name.startswith("said:"):
            continue
        purpose = name.partition(":")[2]
        told = people.filter(pc.is_valid(people.column(name)))
        part = pa.table(
            [
                told.column("fan_id"),
                pa.repeat(pa.scalar(purpose, pa.string()), told.num_rows),
                told.column(name),
                told.column(f"moment:{purpose}"),
            ],
            schema=_SAID,
        )
        parts.append(_once(part))
    return pa.concat_tables(parts) if parts else _SAID.empty_table()


def _once(part: pa.Table) -> pa.Table:
    if pc.count_distinct(part.column("fan_id")).as_py() == part.num_rows:
        return part
    kept: dict[int, int] = {}
    said = part.column("said").to_pylist()
    for place, fan_id in enumerate(part.column("fan_id").to_pylist()):
        first = kept.setdefault(fan_id, place)
        if said[place] == "no" and said[first] != "no":
            kept[fan_id] = place
    return part.take(pa.array(sorted(kept.values()), pa.int64()))


def _write(path: Path, table: pa.Table) -> None:
    """Whole or not there: a killed process leaves nothing that a later one would read."""
    part = path.with_suffix(".part")
    pq.write_table(table, part)
    part.replace(path)


def _keep_refused(path: Path, people: pa.Table) -> None:
    refused = people.filter(pc.is_null(people.column("fan_id")))
    if refused.num_rows:
        _write(path, refused.select(["line", "outcome"]).cast(_REFUSED))
    else:
        path.unlink(missing_ok=True)


def _keep_tastes(path: Path, people: pa.Table, topics: list[str]) -> None:
    known = people.filter(pc.is_valid(people.column("fan_id")))
    _write(path, known.select(["row", "fan_id", *(f"likes:{topic}" for topic in topics)]))


def _declare_tastes(run: ImportRun, folder: Path, topics: list[str]) -> None:
    """Tastes come last, when every row has its fan: only then is known which value was the first of hers."""
    gathered = folder / "tastes.parquet"
    if run.taste_chunks < 0 or not gathered.exists():
        _gather_tastes(folder, gathered, topics)
        with transaction.atomic():
            ensure_topics(topics)
            jobs.renew(run, LEASE, taste_chunks=pq.ParquetFile(gathered).num_row_groups, taste_chunk=0)
        crash_point("registry.import.gathered")
    file = pq.ParquetFile(gathered)
    while run.taste_chunk < run.taste_chunks:
        with transaction.atomic():
            declare_imported(file.read_row_group(run.taste_chunk), source=run.source)
            jobs.renew(
                run,
                LEASE,
                taste_chunk=run.taste_chunk + 1,
                percent=90 + 10 * (run.taste_chunk + 1) // run.taste_chunks,
            )
            crash_point("registry.import.tastes")


def _gather_tastes(folder: Path, final: Path, topics: list[str]) -> None:
    """(fan_id, topic, score): for each the first value of the file, one row group a chunk, in the order of the fans:
    so the base writes each page of its index once."""
    schema = pa.schema([("fan_id", pa.int64()), ("topic", pa.string()), ("score", pa.float64())])
    part = final.with_suffix(".part")
    columns = ", ".join(f'"likes:{topic}"' for topic in topics)
    firsts = (
        "SELECT fan_id, place, arg_min(score, row) AS score FROM ("
        f"SELECT fan_id, row, unnest(range({len(topics)})) AS place, unnest([{columns}]) AS score "
        "FROM read_parquet($files)) WHERE score IS NOT NULL GROUP BY fan_id, place"
    )
    names = pa.array(topics, pa.string())
    with _engine(folder) as engine, pq.ParquetWriter(part, schema) as writer:
        engine.execute(
            "SET preserve_insertion_order = false"
        )  # they are sorted anyway; so it needs less memory
        found = engine.sql(
            f"{firsts} ORDER BY fan_id, place", params={"files": f"{folder}/merged/tastes-*.parquet"}
        )
        for batch in found.to_arrow_reader(TASTES_AT_ONCE):
            if batch.num_rows:
                fan_ids, places, scores = batch.columns
                told = pa.table([fan_ids, names.take(places), scores], schema=schema)
                writer.write_table(told, row_group_size=TASTES_AT_ONCE)
    part.replace(final)
