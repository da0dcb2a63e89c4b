"""Judging archived hits again when the rule that tells them apart has a new version (T6). Nothing of a hit is lost by a
judgement: the archive keeps what the rule looks at, for every hit of whatever class."""

import secrets

import duckdb
import pyarrow as pa
from django.db import transaction

from tifo.delivery.actions import statements as sql
from tifo.delivery.models import HitFile
from tifo.delivery.rules import classify
from tifo.kernel.public import archive, crash_point


def judge_again(version: int = classify.VERSION) -> bool:
    """Judge the next file that another version judged; whether there was one. A new file takes its place, in one
    step: killed anywhere it is the old one or the new one, and judging it twice gives the same."""
    with transaction.atomic():
        rows = HitFile.objects.exclude(rule=version).order_by("position")
        file = rows.select_for_update(skip_locked=True).first()
        if file is None:
            return False
        before = file.path
        stored = archive.write(
            f"{_stem(before)}.v{version}-{secrets.token_hex(4)}.parquet", _judged(file, version)
        )
        crash_point("delivery.hits-judged")
        HitFile.objects.filter(pk=file.pk).update(path=stored.path, sha256=stored.sha256, rule=version)
        sql.durable()
    crash_point("delivery.hits-judged-again")
    archive.location(before).unlink(missing_ok=True)
    return True


def _stem(path: str) -> str:
    return path.removesuffix(".parquet").partition(".v")[0]


def _judged(file: HitFile, version: int) -> pa.Table:
    hits = archive.read(file.path, file.sha256)
    if "early" not in hits.column_names:  # of a tifo that kept no features: what was judged stays
        return hits
    with duckdb.connect(config={"autoinstall_known_extensions": False}) as lake:
        lake.register("hits", hits)
        again = lake.sql(
            f"SELECT {classify.RULES[version]} AS class FROM hits ORDER BY hit_id"
        ).to_arrow_table()
    place = hits.column_names.index("class")
    return hits.set_column(place, hits.schema.field("class"), again.column("class").cast(pa.string()))
