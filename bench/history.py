"""`python -m bench.history OCCURRENCE`: the past of a base, as if the planned sending had left and been read.

The sending's plan becomes its ledger, the keenest get six letters of a series more, and about nine events a fan lie as
files of the archive, as the worker would have left them: opens and clicks, named where the fan allows it. Most of them
are of nine older mailings, whose ledgers are not made. All of it follows from the ids and a seed; DuckDB makes the rows,
files and ledger take them as they come.
"""

import json
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import django

django.setup()

import duckdb  # noqa: E402  Django first
import pyarrow as pa  # noqa: E402
from django.db import connection, transaction  # noqa: E402

from tifo.campaigns.models import Chunk, Occurrence  # noqa: E402
from tifo.campaigns.types import Stage  # noqa: E402
from tifo.delivery.actions.hits import ROW_BITS, SCHEMA  # noqa: E402
from tifo.delivery.actions.ledger import sum_up  # noqa: E402
from tifo.delivery.models import HitFile, Mailing, Part  # noqa: E402
from tifo.delivery.public import links_of, open_mailing  # noqa: E402
from tifo.delivery.rules import classify  # noqa: E402
from tifo.kernel.public import archive, bulk, clock, data_path, revisions  # noqa: E402
from tifo.lake.public import reading  # noqa: E402

SEED = 1
SERIES = 6  # letters of a series that the keenest got
KEEN = 50  # one fan in so many is that keen
SERIES_CHUNK = 1_000_000  # rows of a chunk of the series; they are never claimed
DAYS_AGO = 10  # when the large sending left
OLDER = 9  # mailings before it, one each month, of which only the events are left
OPENED = 50  # of a hundred messages
MOST, LEAST = 4, 1  # hits of an opened message: from LEAST to below MOST
LEDGER_ROWS = 100_000  # in a transaction
FILE_MESSAGES = 1_000_000  # whose hits one file holds: fewer than 2 ** ROW_BITS
OLD_MESSAGE = 1 << 36  # times the mailing's number: above every message of the ledger
FIRST = "delivery_message_first"  # the trigger that lets nothing begin as accepted

_MESSAGES = """
    CREATE TABLE message AS
    SELECT $first + row_number() OVER (ORDER BY mailing_id, fan_id) AS id, mailing_id, label, chunk, fan_id, language,
           variant, composed, due_at, moment,
           CASE WHEN hash(fan_id, mailing_id, $seed, 'fate') % 100 < 97 THEN 'accepted'
                WHEN hash(fan_id, mailing_id, $seed, 'fate') % 100 < 99 THEN 'refused' ELSE 'suppressed' END AS state,
           hash(fan_id, mailing_id, $seed, 'left') % 1000 < 3 AS leaves, tracked.fan_id IS NOT NULL AS named
    FROM (
        SELECT $mailing AS mailing_id, $label AS label, chunk, fan_id, language, variant, composed, due_at,
               $left::TIMESTAMP + to_milliseconds(fan_id % 10800000) AS moment
        FROM planned
        UNION ALL
        SELECT series.mailing_id, series.label, series.number * 10000 + fan_id // $rows, fan_id, language, variant, 0,
               series.moment, series.moment + to_milliseconds(fan_id % 3600000)
        FROM planned, series WHERE hash(fan_id, $seed, 'keen') % $keen = 0
    ) LEFT JOIN tracked USING (fan_id)
"""
_LEDGER = """
    SELECT id, mailing_id, chunk, 'email' AS channel, fan_id, state,
           CASE state WHEN 'suppressed' THEN 'pressure' ELSE '' END AS reason, '' AS evidence, language, variant, composed,
           due_at, due_at + INTERVAL 24 HOUR AS expires_at, 1 AS attempt, '' AS owner,
           CASE state WHEN 'accepted' THEN 250 WHEN 'refused' THEN 550 ELSE 0 END AS code, moment AS "at",
           CASE WHEN leaves AND state = 'accepted' THEN moment + INTERVAL 9 HOUR END AS unsubscribed_at,
           CASE state WHEN 'suppressed' THEN NULL ELSE encode(printf('%032d', fan_id)) END AS destination_key,
           CASE state WHEN 'suppressed' THEN NULL ELSE version END AS consent_version
    FROM message LEFT JOIN agreed USING (fan_id) ORDER BY id
"""
_HITS = """
    SELECT CAST($first + row_number() OVER () - 1 AS BIGINT) AS hit_id,
           CASE WHEN named THEN id END AS message_id, mailing_id, label, CASE WHEN named THEN fan_id END AS fan_id,
           CASE WHEN h % 6 = 0 THEN 'click' ELSE 'open' END AS kind,
           CAST(CASE WHEN h % 6 = 0 THEN h // 8 % $links ELSE 0 END AS INTEGER) AS link,
           CASE WHEN h // 64 % 100 < 62 THEN 'person' WHEN h // 64 % 100 < 90 OR h % 6 = 0 THEN 'proxy'
                ELSE 'scanner' END AS class,
           timezone('UTC', moment + to_milliseconds(60000 + CAST(h // 1024 % 172800000 AS BIGINT))) AS "at",
           CASE WHEN h // 64 % 100 < 62 THEN 'Mozilla/5.0 (X11; Linux x86_64) Firefox/131.0'
                ELSE 'GoogleImageProxy' END AS agent,
           CASE WHEN named THEN '10.' || h // 4096 % 200 || '.' || h // 65536 % 200 || '.0' ELSE '' END AS network,
           FALSE AS head, 3::TINYINT AS early, CASE WHEN h % 6 = 0 THEN 1 ELSE 0 END::TINYINT AS links, '' AS owner
    FROM (
        SELECT m.*, hash(m.id, i, $seed, 'hit') AS h
        FROM ({messages}) m, range($most) AS numbers(i)
        WHERE hash(m.fan_id, m.mailing_id, $seed, 'opens') % 100 < $opened
          AND i < $least + hash(m.id, $seed, 'times') % ($most - $least)
    )
"""
_OF_LEDGER = """
    SELECT id, mailing_id, label, fan_id, moment, named FROM message
    WHERE id > $after AND id <= $until AND state = 'accepted'
"""
_OF_OLDER = f"""
    SELECT $old * {OLD_MESSAGE} + fan_id AS id, $old AS mailing_id, $label AS label, fan_id,
           $sent::TIMESTAMP + to_milliseconds(fan_id % 10800000) AS moment, named
    FROM reader WHERE fan_id > $after AND fan_id <= $until
"""


def _planned(base: duckdb.DuckDBPyConnection, sending: Occurrence, purpose: str) -> None:
    """The rows of the plan's files, each with the number of its chunk; by which consent they are sent, and who allows
    tracking."""
    numbers = pa.table(
        {
            "file": [str(archive.location(chunk.path)) for chunk in sending.chunks.order_by("number")],
            "chunk": list(sending.chunks.order_by("number").values_list("number", flat=True)),
        }
    )
    base.register("numbers", numbers)
    base.execute(
        "CREATE TABLE planned AS SELECT chunk, fan_id, language, variant, composed, CAST(due_at AS TIMESTAMP) AS due_at "
        "FROM read_parquet(?, filename = true) f JOIN numbers n ON n.file = f.filename",
        [numbers.column("file").to_pylist()],
    )
    with reading() as lake:
        given = "SELECT fan_id, version FROM consent WHERE purpose = $purpose AND state = 'given'"
        base.register("agreeing", lake.sql(given, {"purpose": purpose}))
        base.register("allowing", lake.sql(given, {"purpose": "tracking"}))
    base.execute("CREATE TABLE agreed AS SELECT * FROM agreeing")
    base.execute("CREATE TABLE tracked AS SELECT fan_id FROM allowing")


def _series(purpose: str) -> pa.Table:
    """The mailings of the series, one a week."""
    rows = []
    for number in range(SERIES):
        label = f"letter-{number + 1}"
        mailing = open_mailing(label=label, purpose=purpose, legal_class="marketing")
        at = clock.now() - timedelta(days=12 + 7 * number)
        rows.append(
            {"number": number, "mailing_id": mailing, "label": label, "moment": at.replace(tzinfo=None)}
        )
    return pa.Table.from_pylist(rows)


def _messages(base: duckdb.DuckDBPyConnection, sending: Occurrence, mailing: Mailing) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM delivery_message")
        first = cursor.fetchone()[0]
    base.register("series", _series(mailing.purpose))
    left = (sending.created_at - timedelta(days=DAYS_AGO)).replace(tzinfo=None)
    base.execute(
        _MESSAGES,
        {
            "first": first, "seed": SEED, "mailing": mailing.pk, "label": mailing.label, "left": left,
            "rows": SERIES_CHUNK, "keen": KEEN,
        },
    )  # fmt: skip


def _enter(base: duckdb.DuckDBPyConnection) -> int:
    """The messages into the ledger. They begin as what they became, which its trigger lets nobody else do."""
    count = 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT sql FROM sqlite_master WHERE name = %s", [FIRST])
        trigger = cursor.fetchone()[0]
        cursor.execute(f"DROP TRIGGER {FIRST}")
    try:
        with bulk.roomy():
            for batch in base.sql(_LEDGER).to_arrow_reader(LEDGER_ROWS):
                rows = pa.Table.from_batches([batch])
                with transaction.atomic():
                    rev = pa.array([revisions.current()] * rows.num_rows, pa.int64())
                    count += bulk.insert("delivery_message", rows.append_column("rev", rev))
    finally:
        with connection.cursor() as cursor:
            cursor.execute(trigger)
    return count


def _sums(base: duckdb.DuckDBPyConnection) -> None:
    parts = base.sql("SELECT DISTINCT mailing_id, chunk FROM message ORDER BY ALL").fetchall()
    with transaction.atomic():
        Part.objects.bulk_create(Part(mailing_id=mailing, chunk=chunk) for mailing, chunk in parts)
    for mailing in {mailing for mailing, _ in parts}:
        sum_up(mailing)


def _finish(sending: Occurrence) -> None:
    """Nothing of it waits any more."""
    with transaction.atomic():
        sending.chunks.update(state=Chunk.State.DONE, entered=True)
        moment = sending.created_at - timedelta(days=DAYS_AGO)
        Occurrence.objects.filter(pk=sending.pk).update(
            stage=Stage.FINISHED, begun_at=moment, starts_at=moment, finished_at=moment + timedelta(hours=3)
        )


def _hits(base: duckdb.DuckDBPyConnection, links: int, purpose: str) -> tuple[int, int]:
    """(events, files) of all mailings, the oldest first."""
    base.execute(
        "CREATE TABLE reader AS SELECT fan_id, tracked.fan_id IS NOT NULL AS named FROM planned "
        "LEFT JOIN tracked USING (fan_id) ORDER BY fan_id"
    )
    wrote: list[int] = []
    for number in range(OLDER, 0, -1):
        label = f"month-{number}"
        old = open_mailing(label=label, purpose=purpose, legal_class="marketing")
        sent = (clock.now() - timedelta(days=DAYS_AGO + 30 * number)).replace(tzinfo=None)
        known = {"old": old, "label": label, "sent": sent, "links": max(links, 1)}
        wrote += _files(base, _OF_OLDER, "SELECT min(fan_id) - 1, max(fan_id) FROM reader", known)
    wrote += _files(base, _OF_LEDGER, "SELECT min(id) - 1, max(id) FROM message", {"links": max(links, 1)})
    return sum(wrote), len(wrote)


def _files(base: duckdb.DuckDBPyConnection, messages: str, span: str, known: dict[str, Any]) -> Iterator[int]:
    """The archive's files of hits of these messages, each as the worker writes one; the rows of each."""
    lowest, highest = base.sql(span).fetchall()[0]
    for after in range(lowest, highest, FILE_MESSAGES):
        with transaction.atomic():
            position, moment = revisions.current(), clock.now()
            path = f"hits/{moment:%Y/%m/%d}/{position}-bench.parquet"
            final = data_path("archive", *path.split("/"))
            params = {
                **known, "first": position << ROW_BITS, "seed": SEED, "after": after, "until": after + FILE_MESSAGES,
                "most": MOST, "least": LEAST, "opened": OPENED,
            }  # fmt: skip
            statement = _HITS.format(messages=messages)
            base.execute(f"COPY ({statement}) TO '{final}' (FORMAT parquet, COMPRESSION zstd)", params)
            rows = int(base.fetchall()[0][0])
            if not rows:
                continue
            HitFile.objects.create(
                path=path,
                sha256=archive.checksum(final),
                hits=rows,
                rule=classify.VERSION,
                loaded_at=moment,
                position=position,
            )
        yield rows


def _as_received() -> None:
    """One of the files must have exactly the columns that the worker's have."""
    file = HitFile.objects.order_by("-position").first()
    if file is None:
        raise SystemExit("no event came about")
    found = archive.read(file.path, file.sha256).schema
    if [(one.name, one.type) for one in found] != [(one.name, one.type) for one in SCHEMA]:
        raise SystemExit(f"the files have other columns than the worker's:\n{found}")


def main() -> None:
    """One line of JSON: messages, events, files, seconds."""
    began = time.perf_counter()
    sending = Occurrence.objects.get(pk=int(sys.argv[1]))
    mailing = Mailing.objects.get(pk=sending.mailing_id or 0)
    folder = data_path("lake", "x").parent.parent
    with tempfile.TemporaryDirectory(dir=folder) as made:
        config: dict[str, Any] = {"memory_limit": "4GB", "temp_directory": made}
        with duckdb.connect(str(Path(made) / "made.duckdb"), config=config) as base:
            base.execute("SET TimeZone = 'UTC'")
            _planned(base, sending, mailing.purpose)
            _messages(base, sending, mailing)
            _finish(sending)
            messages = _enter(base)
            entered = time.perf_counter() - began
            _sums(base)
            events, files = _hits(base, len(links_of(mailing.pk)), mailing.purpose)
    _as_received()
    print(
        json.dumps(
            {
                "messages": messages,
                "entered": entered,
                "events": events,
                "files": files,
                "seconds": time.perf_counter() - began,
            }
        )
    )


main()
