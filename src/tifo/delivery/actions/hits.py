"""Hits from the tracker's files: named only where the fan allows it (C9), classified, archived."""

import fcntl
import logging
import secrets
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from django.db import transaction

from tifo.delivery.actions.ledger import tracked
from tifo.delivery.events import HitsArchived
from tifo.delivery.models import HitFile, HitSource, RegisteredLink
from tifo.delivery.rules import classify
from tifo.kernel.public import Refused, announce, archive, bulk, clock, crash_point, data_path, revisions

log = logging.getLogger(__name__)

BATCH_BYTES = 128 << 20  # raw bytes a file of the archive is made of at most
BATCH_FILES = 500
ROW_BITS = 22  # a hit's id: its file's position, and its place in the file

_RAW = {
    "t": "BIGINT", "k": "VARCHAR", "m": "BIGINT", "i": "BIGINT", "l": "INTEGER", "h": "BOOLEAN",
    "a": "VARCHAR", "n": "VARCHAR", "dropped": "BIGINT",
}  # fmt: skip

SCHEMA = pa.schema(
    [
        ("hit_id", pa.int64()),
        ("message_id", pa.int64()),
        ("mailing_id", pa.int64()),
        ("label", pa.string()),
        ("fan_id", pa.int64()),
        ("kind", pa.string()),
        ("link", pa.int32()),
        ("class", pa.string()),
        ("at", pa.timestamp("us", tz="UTC")),
        ("agent", pa.string()),
        ("network", pa.string()),
        ("head", pa.bool_()),
        ("early", pa.int8()),
        ("links", pa.int8()),
        ("owner", pa.string()),
    ]
)
_TOLD = ["hit_id", "message_id", "mailing_id", "label", "fan_id", "kind", "link", "class", "at"]


def load_hits() -> bool:
    """Load the next closed files of the tracker; whether there were any. Each raw file counts once, however often
    this is cut short; it goes when its hits lie in the archive."""
    folder = data_path("hits", "x").parent
    _adopt_orphans(folder)
    files = _next_files(folder)
    if not files:
        return False
    done = set(
        HitSource.objects.filter(name__in=[file.name for file in files]).values_list("name", flat=True)
    )
    fresh = [file for file in files if file.name not in done]
    raw = _read(fresh) if fresh else None
    if raw is not None:
        with transaction.atomic():
            hits = _named(raw)
            position = revisions.current()
            table = _finished(hits, position)
            moment = clock.now()
            path = f"hits/{moment:%Y/%m/%d}/{position}-{secrets.token_hex(4)}.parquet"
            stored = archive.write(path, table)
            crash_point("delivery.hits-archived")
            file = HitFile.objects.create(
                path=stored.path,
                sha256=stored.sha256,
                hits=stored.rows,
                rule=classify.VERSION,
                loaded_at=moment,
                position=position,
            )
            HitSource.objects.bulk_create(HitSource(name=one.name, file=file) for one in fresh)
            announce(HitsArchived(file.pk))
        crash_point("delivery.hits-loaded")
    for one in files:
        one.unlink(missing_ok=True)
    return True


def _next_files(folder: Path) -> list[Path]:
    files: list[Path] = []
    size = 0
    for path in sorted(folder.glob("*.jsonl")):
        size += path.stat().st_size
        if files and size > BATCH_BYTES:
            break
        files.append(path)
    return files[:BATCH_FILES]


def _adopt_orphans(folder: Path) -> None:
    """Close the files of trackers that died: their lock died with them."""
    for path in folder.glob("*.open"):
        try:
            with path.open("rb") as file:
                fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.rename(path.with_suffix(".jsonl"))
        except (BlockingIOError, FileNotFoundError):  # alive, or just closed by its owner
            continue


def _read(files: list[Path]) -> Any:
    """Raw lines as columns; a line cut by a kill is left out."""
    with duckdb.connect(config={"autoinstall_known_extensions": False}) as lake:
        rows: Any = lake.sql(
            "SELECT row_number() OVER () - 1 AS row, CASE k WHEN 'c' THEN 'click' ELSE 'open' END AS kind, "
            "i AS message_id, m AS mailing_id, l AS link, coalesce(h, false) AS head, coalesce(a, '') AS agent, "
            "coalesce(n, '') AS network, make_timestamp(t * 1000) AS moment, dropped "
            "FROM read_json($files, columns = $columns, format = 'newline_delimited', ignore_errors = true)",
            params={"files": [str(file) for file in files], "columns": _RAW},
        ).to_arrow_table()
    dropped = pc.sum(rows.column("dropped")).as_py()
    if dropped:
        log.error("the tracker could not write %d hits: its disk did not answer", dropped)
    keep = pc.and_(pc.is_valid(rows.column("mailing_id")), pc.is_valid(rows.column("moment")))
    return rows.filter(keep).drop_columns(["dropped"])


_LEDGER = pa.schema(
    [
        ("message_id", pa.int64()),
        ("ledger_mailing", pa.int64()),
        ("fan_id", pa.int64()),
        ("sent_at", pa.timestamp("us", tz="UTC")),
    ]
)


def _named(raw: pa.Table) -> pa.Table:
    """Classify while names are at hand, then keep the names of those only who allow it now, whenever it was sent."""
    ids = pa.table({"message_id": raw.column("message_id").drop_null().unique().cast(pa.int64())})
    with bulk.temp_table("delivery_hit_names", ids) as names:
        ledger = bulk.read(
            "SELECT m.id, m.mailing_id, m.fan_id, m.at FROM delivery_message m "
            f"JOIN {names} n ON n.message_id = m.id WHERE m.state = 'accepted'",
            schema=_LEDGER,
        )
    may = tracked(ledger.column("fan_id").to_pylist()) if ledger.num_rows else set()
    labels = bulk.read(
        "SELECT id, label FROM delivery_mailing",
        schema=pa.schema([("mailing_id", pa.int64()), ("label", pa.string())]),
    )
    with duckdb.connect(config={"autoinstall_known_extensions": False}) as lake:
        lake.execute("SET TimeZone = 'UTC'")
        lake.register("raw", raw)
        lake.register("ledger", ledger)
        lake.register("may", pa.table({"fan_id": pa.array(sorted(may), pa.int64())}))
        lake.register("labels", labels)
        lake.execute(
            "CREATE TABLE hit AS SELECT raw.row, kind, raw.message_id, raw.mailing_id, link, head, agent, network, "
            "raw.moment, ledger.sent_at::TIMESTAMP AS sent_at, ledger.fan_id FROM raw LEFT JOIN ledger "
            "ON ledger.message_id = raw.message_id AND ledger.ledger_mailing = raw.mailing_id"
        )
        lake.execute(f"CREATE TABLE feature AS {classify.FEATURES}")
        return lake.sql(
            "SELECT hit.row, CASE WHEN may.fan_id IS NULL THEN NULL ELSE hit.message_id END AS message_id, "
            f"hit.mailing_id, labels.label, may.fan_id, kind, link, {classify.RULES[classify.VERSION]} AS class, moment, "
            "agent, CASE WHEN may.fan_id IS NULL THEN '' ELSE network END AS network, head, early, links, owner "
            "FROM hit JOIN feature ON feature.row = hit.row JOIN labels ON labels.mailing_id = hit.mailing_id "
            "LEFT JOIN may ON may.fan_id = hit.fan_id ORDER BY hit.row"
        ).to_arrow_table()


def _finished(hits: pa.Table, position: int) -> pa.Table:
    first = position << ROW_BITS
    ids = pa.array(range(first, first + hits.num_rows), pa.int64())
    at = hits.column("moment").cast(pa.timestamp("us")).cast(pa.timestamp("us", tz="UTC"))
    columns = {
        "hit_id": ids,
        **{name: hits.column(name) for name in hits.column_names if name not in ("row", "moment")},
        "at": at,
    }
    return pa.table({field.name: columns[field.name] for field in SCHEMA}).cast(SCHEMA)


def archived_hits(file_id: int) -> pa.Table:
    """The hits of one archived file with the topics of the link that was hit: `hit_id, message_id, mailing_id, label,
    fan_id, kind, link, class, at, topics`. message_id and fan_id are null where she does not allow tracking."""
    file = HitFile.objects.filter(pk=file_id).first()
    if file is None:
        raise Refused(f"There is no archived file of hits {file_id}.")
    hits = archive.read(file.path, file.sha256).select(_TOLD)
    mailings = hits.column("mailing_id").unique().to_pylist()
    topics = {
        (mailing, index): list(names)
        for mailing, index, names in RegisteredLink.objects.filter(mailing_id__in=mailings).values_list(
            "mailing_id", "index", "topics"
        )
    }
    found = [
        topics.get((mailing, link), [])
        for mailing, link in zip(
            hits.column("mailing_id").to_pylist(), hits.column("link").to_pylist(), strict=True
        )
    ]
    return hits.append_column("topics", pa.array(found, pa.list_(pa.string())))
