"""Learning from what fans do."""

import pyarrow as pa
import pyarrow.compute as pc
from django.db import transaction

from tifo.consents.public import heads
from tifo.kernel.public import Refused, bulk
from tifo.kernel.public import sentence as _
from tifo.preferences.actions.topics import ensure_topics
from tifo.preferences.actions.weighing import weigh
from tifo.preferences.rules import PURPOSE_OF_SOURCE, WEIGHTS, Evidence, checked_slug, mass_of


def learn(rows: pa.Table) -> int:
    """Take evidence: `fan_id, topic, source, weight, at, reference`; how many pieces were new.

    In the caller's transaction, set-based. `reference` names the act: told again, it counts once. Fans who did not
    agree to the purpose that a source needs are left out. A weight of NULL is that of its source (rules.WEIGHTS).
    """
    if not rows.num_rows:
        return 0
    with transaction.atomic():
        allowed = _allowed(rows)
        if not allowed.num_rows:
            return 0
        pieces = _pieces(allowed)
        fresh = max(
            0,
            bulk.insert(
                "preferences_evidence", pieces, conflict="(fan_id, topic_id, source, reference) DO NOTHING"
            ),
        )
        if fresh:
            touched = pieces.select(["fan_id", "topic_id"]).group_by(["fan_id", "topic_id"]).aggregate([])
            with bulk.temp_table("preferences_touched", touched) as pairs:
                weigh(pairs)
        return fresh


def _allowed(rows: pa.Table) -> pa.Table:
    sources = rows.column("source")
    keep = pa.array([True] * rows.num_rows)
    for source, purpose in PURPOSE_OF_SOURCE.items():
        concerned = pc.equal(sources, source)
        fan_ids = pc.unique(rows.column("fan_id").filter(concerned))
        if not len(fan_ids):
            continue
        answers = heads(fan_ids.to_pylist(), purpose)
        given = [fan_id for fan_id, answer in answers.items() if answer.state == "given"]
        agreed = pc.is_in(rows.column("fan_id"), value_set=pa.array(given, pa.int64()))
        keep = pc.and_(keep, pc.or_(pc.invert(concerned), agreed))
    return rows.filter(keep)


def _pieces(rows: pa.Table) -> pa.Table:
    """As evidence rows. Few topics and sources, many rows: names are looked up once each."""
    slugs = {topic: checked_slug(topic) for topic in pc.unique(rows.column("topic")).to_pylist()}
    ids = ensure_topics(slugs.values())
    sources, moments = rows.column("source").to_pylist(), rows.column("at").to_pylist()
    weights = []
    for source, said in zip(sources, rows.column("weight").to_pylist(), strict=True):
        weight = WEIGHTS.get(source) if said is None else said
        if weight is None or not weight >= 0 or weight == float("inf"):
            raise Refused(
                _(
                    "Evidence from %(source)r weighs %(weight)s: give a weight of 0 or more.",
                    source=source,
                    weight=weight,
                )
            )
        weights.append(weight)
    return pa.table(
        {
            "fan_id": rows.column("fan_id").cast(pa.int64()),
            "topic_id": pa.array(
                [ids[slugs[topic]] for topic in rows.column("topic").to_pylist()], pa.int64()
            ),
            "source": rows.column("source"),
            "reference": rows.column("reference"),
            "weight": pa.array(weights, pa.float64()),
            "mass": pa.array(
                [mass_of(Evidence(weight, at)) for weight, at in zip(weights, moments, strict=True)],
                pa.float64(),
            ),
            "at": rows.column("at").cast(pa.timestamp("us", tz="UTC")),
            "forgotten": pa.array([False] * rows.num_rows, pa.bool_()),
        }
    )
