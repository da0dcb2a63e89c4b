"""What she says she likes. Declared always wins over learnt."""

import math

import pyarrow as pa
import pyarrow.compute as pc
from django.db import transaction

from tifo.kernel.public import Refused, bulk, clock, revisions
from tifo.kernel.public import sentence as _
from tifo.preferences.actions.topics import ensure_topics
from tifo.preferences.models import Preference, Topic
from tifo.preferences.rules import checked_score, checked_slug, effective, learnt
from tifo.preferences.types import BY_HER

IMPORTED = "import:"
"""How the source of a declaration begins that an import brought."""


def declare(fan_id: int, topic: str, score: float | None, *, source: str = BY_HER) -> None:
    """She likes `topic` with `score` from 0 (not at all) to 1, or, with None, takes back what she said, so that what
    was learnt counts again. Raises Refused for an unknown topic or an impossible score."""
    row = Topic.objects.filter(slug=checked_slug(topic)).first()
    if row is None:
        raise Refused(_("There is no topic %(topic)r: choose one of those shown.", topic=topic))
    said = None if score is None else checked_score(score)
    moment = clock.now()
    with transaction.atomic():
        rev = revisions.current()
        Preference.objects.get_or_create(fan_id=fan_id, topic=row, defaults={"rev": rev})
        preference = Preference.objects.select_for_update().get(fan_id=fan_id, topic=row)
        preference.declared, preference.declared_at, preference.declared_source = said, moment, source
        preference.score = effective(said, learnt(preference.mass, moment))
        preference.rev = rev
        preference.save()


_CONFLICT = """(fan_id, topic_id) DO UPDATE SET declared = excluded.declared, declared_at = excluded.declared_at,
    declared_source = excluded.declared_source, score = excluded.score, rev = excluded.rev
WHERE (preferences_preference.declared_source = '' OR substr(preferences_preference.declared_source, 1, 7) = 'import:')
    AND (preferences_preference.declared IS NULL OR preferences_preference.declared <> excluded.declared)"""


def declare_imported(rows: pa.Table, *, source: str) -> int:
    """What an import says that fans like: `fan_id, topic, score`; how many preferences that changed.

    In the caller's transaction, set-based. Unknown topics are made. Of a fan and topic met twice the first row
    stays. What she said herself, or took back, an import leaves alone; what an import said, the next one may change.
    """
    if not rows.num_rows:
        return 0
    scores = pc.cast(rows.column("score"), pa.float64())
    for score in pc.unique(scores).to_pylist():
        checked_score(math.nan if score is None else score)
    named = rows.column("topic").combine_chunks().dictionary_encode()
    spelled = [checked_slug(topic) for topic in named.dictionary.to_pylist()]
    ids = ensure_topics(spelled)
    topics = pa.array([ids[slug] for slug in spelled], pa.int64()).take(named.indices)
    said = pa.table(
        {
            "fan_id": rows.column("fan_id").cast(pa.int64()),
            "topic_id": topics,
            "declared": scores,
        }
    )
    with transaction.atomic():
        said = _first_ones(said)
        count = said.num_rows
        moment = pa.scalar(clock.now(), pa.timestamp("us", tz="UTC"))
        said = (
            said.append_column("declared_at", pa.repeat(moment, count))
            .append_column("declared_source", pa.repeat(f"{IMPORTED}{source}"[:100], count))
            .append_column("mass", pa.repeat(0.0, count))
            .append_column("score", said.column("declared"))
            .append_column("rev", pa.repeat(pa.scalar(revisions.current(), pa.int64()), count))
        )
        return max(0, bulk.insert("preferences_preference", said, conflict=_CONFLICT))


def _first_ones(said: pa.Table) -> pa.Table:
    """The first row of each fan and topic."""
    placed = said.append_column("place", pa.array(range(said.num_rows), pa.int64()))
    first = placed.group_by(["fan_id", "topic_id"]).aggregate([("place", "min")])
    if first.num_rows == said.num_rows:
        return said
    return said.take(first.column("place_min"))
